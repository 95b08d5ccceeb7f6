package demo

import ("testing";"time";"fmt")

func TestTry(t *testing.T) {
	z,_ := time.LoadLocation("Europe/London")
	s, err := NewStage(DefaultSeed, time.Date(2026,11,22,14,30,0,0,z))
	if err != nil { t.Fatal(err) }
	n := 0
	for life, err := range s.Lives(30) {
		if err != nil { t.Fatal(err) }
		n += len(life.Messages)
		fmt.Println(life.Person.Name(), life.Person.NHS, life.Person.Sex, life.Person.Age(s.people.Now), life.Person.Entries, life.Person.Address, len(life.Messages), len(life.Parcels))
		if life.Person.Key == MainStory { for _, m := range life.Messages { fmt.Println(m.Trust, m.At.Format("01-02 15:04"), m.Text[:60]) } ; fmt.Println(life.Messages[10].Text); fmt.Println(string(life.Parcels[0].Bundle.JSON())) }
	}
}

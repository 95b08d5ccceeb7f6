package reconcile

import (
	"slices"
	"testing"

	"concord/exchange/onboard"
)

// TestEveryColumnIsHeld: each column of the layout is compared, by itself or as a
// part of one that is.
func TestEveryColumnIsHeld(t *testing.T) {
	part := map[string]string{"results.unit": "value", "medicines.route": "dose", "medicines.frequency": "dose"}
	for _, c := range onboard.Layout() {
		for _, col := range c.Columns {
			name := col.Name
			if of := part[c.Name+"."+name]; of != "" {
				name = of
			}
			if name != "key" && !slices.Contains(columns(c.Name), name) {
				t.Errorf("%s.%s is not compared", c.Name, name)
			}
		}
	}
}

// TestColumnsOfOrders: who prescribed, the request's number, the pathway, the
// expected day and a hospital number that is not the key come across and are
// equal; a column that nobody knows stands against the go.
func TestColumnsOfOrders(t *testing.T) {
	s := newScene(t, "R1K")
	x := s.staged(s.folder(map[string]string{
		"patients.csv":     "key,family,given,born,sex,hospital_number,shoe_size\nP1,EXAMPLE,Ada,1961-04-30,F,H1,38\nP2,EXAMPLE,Bob,1962-02-02,M,,44\n",
		"encounters.csv":   "key,patient,class,started,ward,expected\nV1,P1,inpatient,2026-11-20 10:00,7N,2026-11-29\n",
		"appointments.csv": "key,patient,pathway,clinic,starts,status\nS1,P1,R1K000000000001,CARD01,2026-12-01 09:15,booked\n",
		"results.csv":      "key,patient,order,code,value,unit,status,taken\nR1,P1,26L1,NA,140,mmol/L,final,2026-11-01 10:00\n",
		"medicines.csv":    "key,patient,code,text,status,started,prescriber\nM1,P1,ASP,Aspirin,active,2026-01-02,C9900001\nM2,P2,ASP,Aspirin,active,2026-01-02,\n",
	}))
	l := s.loaded(x)
	r := s.run(x)
	if d := r.Differences; len(d) != 1 || d[0].Code != "no-clinic" { // no pack has it
		t.Fatalf("%+v", d)
	}
	if b := block(r, BlockNotHeld); b == nil || b.Rows != 2 || r.NotHeld[0] != (NotHeld{"patients.csv", "shoe_size", 2}) {
		t.Errorf("%+v %+v", b, r.NotHeld)
	}
	for typ, want := range map[string][2]string{"Encounter": {"expected", "2026-11-29"}, "Appointment": {"pathway", "R1K000000000001"},
		"Observation": {"order", "26L1"}} {
		v, err := s.find(s.load, typ, l.Load)[0].Full()
		if err != nil {
			t.Fatal(err)
		}
		read := &reading{trust: "R1K", v: v, zone: s.stage.Zone, patient: func(string) string { return "" }}
		if got := read.ofResource(classOf(v))[slices.Index(columns(classOf(v)), want[0])]; got != want[1] {
			t.Errorf("%s is %q in the record, not %q", want[0], got, want[1])
		}
	}
}

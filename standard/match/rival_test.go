package match

import "testing"

// TestClaims: what a pair may claim, and what rivals it. Names were counted, and
// the one here is rare.
func TestClaims(t *testing.T) {
	l, freq := ShippedLexicon(), NewFrequencies()
	rules := scorerOnce().Rules
	name := func(given, family string) Record {
		return Record{Given: given, Family: family, Born: "1984-03-07", Sex: "female", Postcode: "UB1 3XK", Address: "14 Lady Margaret Road", Practice: "E99123", Keeper: "R1K"}
	}
	for i := range 4000 {
		r := name([]string{"Maryam", "Maryam", "Maryam", "Ann"}[i%4], []string{"Ali", "Ali", "Ali", "Wood", "Abara"}[i%5])
		if i%40 == 0 {
			r.Given, r.Family = []string{"Zara", "Liwen"}[i/40%2], "Khan"
		}
		s := l.Prepare(&r, rules)
		freq.Add(&s)
	}
	model := ShippedModel()
	model.Unrivalled.SecondName = 16.6
	scorer, err := NewScorer(model, freq)
	if err != nil {
		t.Fatal(err)
	}
	score := func(a, b Record) Verdict {
		x, y := l.Prepare(&a, rules), l.Prepare(&b, rules)
		freq.Rate(&x, scorer.Model.Commonest)
		freq.Rate(&y, scorer.Model.Commonest)
		return scorer.Score(&x, &y)
	}
	away := func(r Record, change func(*Record)) Record {
		r.Keeper, r.Postcode, r.Address, r.Practice = "RYJ", "SW3 4BB", "2 Other Street", "E99999"
		change(&r)
		return r
	}
	nobody := func(*Record) {}
	near := func(r *Record) { r.Practice = "E99123" }
	numbered := func(given, number string) Record {
		r := name(given, "Khan")
		r.NHS = number
		return r
	}
	for _, c := range []struct {
		what string
		a, b Record
		want Claim
	}{
		{"one name, other homes", name("Zara", "Khan"), away(name("Zara", "Khan"), nobody), ByName},
		{"one name in another order", name("Zara", "Khan"), away(name("Khan", "Zara"), nobody), ByName},
		{"one name in another order, misspelt", name("Zara", "Khan"), away(name("Khan", "Zraa"), nobody), NoClaim},
		{"two second names", name("Zara Ann", "Khan"), away(name("Zara Liwen", "Khan"), nobody), NoClaim},
		{"the second name of the other", name("Zara Liwen", "Khan"), away(name("Liwen", "Khan"), near), ByOtherGiven},
		{"the second name of the other, one number", numbered("Zara Liwen", "9990000018"), away(name("Liwen", "Khan"), near), ByOtherGiven},
		{"the second name of the other, one keeper", name("Zara Liwen", "Khan"), away(name("Liwen", "Khan"), func(r *Record) { r.Keeper = "R1K" }), TwoPeople},
		{"two sexes", name("Zara", "Khan"), away(name("Zara", "Khan"), func(r *Record) { r.Sex = "male" }), NoClaim},
		{"one keeper", name("Zara", "Khan"), away(name("Zara", "Khan"), func(r *Record) { r.Keeper = "R1K" }), TwoPeople},
		{"another day of birth", name("Zara", "Khan"), away(name("Zara", "Khan"), func(r *Record) { r.Born = "1984-03-08" }), NoClaim},
		{"two valid numbers", numbered("Zara", "9990000018"), away(numbered("Zara", "9990000026"), nobody), TwoPeople},
		{"a number, two given names", numbered("Zara", "9990000018"), away(numbered("Liwen", "9990000018"), nobody), BySecondName},
		{"a number, two given names, a second beside", numbered("Zara", "9990000018"), away(numbered("Liwen Ann", "9990000018"), nobody), NoClaim},
		{"a number, another day of one year", numbered("Zara", "9990000018"), away(numbered("Zara", "9990000018"), func(r *Record) { r.Born = "1984-05-21" }), ByNumber},
		{"a number, another name, a sex not given", numbered("Zara", "9990000018"), away(numbered("Liwen", "9990000018"), func(r *Record) { r.Family, r.Sex = "Wood", "" }), NoClaim},
		{"a number, another year", numbered("Zara", "9990000018"), away(numbered("Zara", "9990000018"), func(r *Record) { r.Born = "1955-05-21" }), NoClaim},
		{"a number, two given names, two sexes", numbered("Zara", "9990000018"), away(numbered("Liwen", "9990000018"), func(r *Record) { r.Sex = "male" }), NoClaim},
	} {
		v := score(c.a, c.b)
		if v.Claim != c.want || v.Grade == Certain {
			t.Errorf("%s: claim %d, grade %s, weight %.1f, %s", c.what, v.Claim, v.Grade, v.Weight, v.Pattern)
		}
		if up := v.Upheld().Grade == Certain; up != (c.want != NoClaim && c.want != TwoPeople) {
			t.Errorf("%s: upheld is %v", c.what, up)
		}
	}
	namesake := score(numbered("Zara", "9990000018"), away(numbered("Zara", "9990000026"), nobody))
	twin := score(numbered("Zara", "9990000018"), numbered("Liwen", "9990000026"))
	third := score(numbered("Zara", "9990000018"), away(numbered("Zara", "9990000018"), nobody))
	for c, want := range map[Claim][3]bool{ByName: {true, false, false}, ByNumber: {true, false, false}, BySecondName: {true, true, true}, ByOtherGiven: {true, true, false}, NoClaim: {}} {
		if got := [3]bool{namesake.Rivals(c), twin.Rivals(c), third.Rivals(c)}; got != want {
			t.Errorf("claim %d is rivalled by a namesake, a twin, a third: %v, not %v", c, got, want)
		}
	}
}

// TestWholeNamesCount: of two names whose halves are as common, the one whose
// halves go together weighs less.
func TestWholeNamesCount(t *testing.T) {
	l, freq, rules := ShippedLexicon(), NewFrequencies(), scorerOnce().Rules
	made := func(given, family string) Subject {
		return l.Prepare(&Record{Given: given, Family: family, Born: "1984-03-07", Sex: "female"}, rules)
	}
	for i := range 2000 {
		given, family := "Maryam", "Khan"
		if i%2 == 1 {
			given, family = "Olive", "Quill"
		}
		if i < 4 { // a few the other way
			family = map[string]string{"Khan": "Quill", "Quill": "Khan"}[family]
		}
		s := made(given, family)
		freq.Add(&s)
	}
	scorer, err := NewScorer(ShippedModel(), freq)
	if err != nil {
		t.Fatal(err)
	}
	weight := func(given, family string) float32 {
		s := made(given, family)
		freq.Rate(&s, scorer.Model.Commonest)
		return scorer.Score(&s, &s).Weight
	}
	if together, crossed := weight("Maryam", "Khan"), weight("Maryam", "Quill"); together > crossed-0.9 {
		t.Errorf("Maryam Khan weighs %.1f, Maryam Quill %.1f", together, crossed)
	}
	again, err := ParseFrequencies(freq.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	a, b := made("Maryam", "Khan"), made("Maryam", "Khan")
	freq.Rate(&a, 0.00002)
	again.Rate(&b, 0.00002)
	if a.rare != b.rare {
		t.Errorf("kept counts rate %v, not %v", b.rare, a.rare)
	}
}

// TestTwinsWithNamesAlike: two given names a letter apart that many bear may be
// twins; a name and a slip of it may not.
func TestTwinsWithNamesAlike(t *testing.T) {
	l, freq, rules := ShippedLexicon(), NewFrequencies(), scorerOnce().Rules
	made := func(given, number string) Record {
		return Record{Given: given, Family: "Karerwood", Born: "2005-12-22", Sex: "male", Postcode: "UB4 4AF", Address: "59 Victoria Road", Practice: "E99599", Phones: []string{"000 7136 6297"}, NHS: number}
	}
	for i := range 12_000 {
		r := made([]string{"Ramesh", "Rajesh", "Owen", "Piotr", "John", "Jack"}[i%6], "")
		if i == 0 {
			r.Given = "Rajedh"
		}
		s := l.Prepare(&r, rules)
		freq.Add(&s)
	}
	scorer, err := NewScorer(ShippedModel(), freq)
	if err != nil {
		t.Fatal(err)
	}
	guard := func(a, b Record) Guard {
		x, y := l.Prepare(&a, rules), l.Prepare(&b, rules)
		freq.Rate(&x, scorer.Model.Commonest)
		freq.Rate(&y, scorer.Model.Commonest)
		return scorer.Score(&x, &y).Guards
	}
	if guard(made("Ramesh", "9990000018"), made("Rajesh", ""))&Twins == 0 {
		t.Error("Ramesh and Rajesh of one home are not taken for twins")
	}
	if guard(made("John", ""), made("Jack", "9990000018"))&Twins == 0 || guard(made("John", ""), made("Johnnie", "9990000018")) != 0 {
		t.Error("John and Jack of one home are not taken for twins, or John and Johnnie are")
	}
	if guard(made("Rajesh", "9990000018"), made("Rajedh", "")) != 0 || guard(made("Ramesh", "9990000018"), made("Rajesh", "9990000018")) != 0 {
		t.Error("a slip, or a number that both have, is held")
	}
}

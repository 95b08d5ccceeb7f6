package match

import (
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = os.Getenv("UPDATE") != ""

func scorer(t testing.TB) *Scorer {
	t.Helper()
	s, err := NewScorer(ShippedModel(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func person() Record {
	return Record{Given: "Amina", Family: "Hussain", Born: "1984-03-07", Sex: "female", Postcode: "UB1 3XK", Address: "14 Lady Margaret Road",
		Locality: "Southall", Phones: []string{"07700 900123"}, Email: "amina.h@example.org", Practice: "E99123", NHS: "999 000 0018"}
}

// with gives the person changed, without an NHS number.
func with(change func(*Record)) Record {
	r := person()
	r.NHS = ""
	change(&r)
	return r
}

func verdict(t testing.TB, a, b Record) Verdict {
	s, l := scorer(t), ShippedLexicon()
	x, y := l.Prepare(&a, s.Rules), l.Prepare(&b, s.Rules)
	return s.Score(&x, &y)
}

func TestLevelsOfNames(t *testing.T) {
	for _, c := range []struct {
		given, family, former    string
		given2, family2, former2 string
		want                     Level
	}{
		{"Amina", "Hussain", "", "AMINA", "hussain", "", NameExact},
		{"Renée", "O'Brien", "", "Renee", "OBrien", "", NameExact},
		{"Amina", "Hussain", "", "Hussain", "Amina", "", NameAnyOrder},
		{"Xiao-Ming", "Li", "", "Li", "Xiaoming", "", NameAnyOrder},
		{"Abdul Rahman", "Khan", "", "Abdulrahman", "Khan", "", NameExact},
		{"Gurpreet Singh", "Gill", "", "Gurpreet", "Gill", "", NameExact},
		{"Ahmed", "Al-Masri", "", "Ahmed", "Al Masri", "", NameExact},
		{"Robert", "Allen", "", "Bob", "Allen", "", NameNickname},
		{"Jane Mary", "Smith", "", "Mary", "Smith", "", NameNickname},
		{"Mohammed", "Ali", "", "Muhammad", "Ali", "", NameNickname},
		{"Jane", "Smith", "Jones", "Jane", "Jones", "", NameFormer},
		{"Jane", "Smith-Jones", "", "Jane", "Jones", "", NameFormer},
		{"Michaela", "Neumann", "", "Micheala", "Neumann", "", NameOneSimilar},
		{"Michaela", "Neumann", "", "Micheala", "Neuman", "", NameBothSimilar},
		{"J", "Smith", "", "Jane", "Smith", "", NamePartial},
		{"", "Smith", "", "Jane", "Smith", "", NamePartial},
		{"Jane", "Smith", "", "Jane", "Kowalski", "", NameGivenOnly},
		{"Jane", "Smith", "", "Tom", "Smith", "", NameFamilyOnly},
		{"Jane", "Smith", "", "Tom", "Kowalski", "", NameDifferent},
		{"Baby of Jane", "Smith", "", "Tom", "Smith", "", NamePartial},
		{"", "", "", "Tom", "Smith", "", NotGiven},
	} {
		l, r := ShippedLexicon(), scorer(t).Rules
		a := l.Prepare(&Record{Given: c.given, Family: c.family, Former: c.former}, r)
		b := l.Prepare(&Record{Given: c.given2, Family: c.family2, Former: c.former2}, r)
		if got := Compare(&a, &b).At(Name); got != c.want {
			t.Errorf("%s %s / %s %s: %s, not %s", c.given, c.family, c.given2, c.family2, LevelName(Name, got), LevelName(Name, c.want))
		}
	}
}

func TestLevelsOfFields(t *testing.T) {
	for _, c := range []struct {
		what   string
		a, b   Record
		of     Comparison
		expect Level
	}{
		{"exact", Record{Born: "1984-03-07"}, Record{Born: "07/03/1984"}, Birth, BirthExact},
		{"swap", Record{Born: "1984-03-07"}, Record{Born: "1984-07-03"}, Birth, BirthSwapped},
		{"digit", Record{Born: "1984-03-07"}, Record{Born: "1974-03-07"}, Birth, BirthSlip},
		{"neighbours", Record{Born: "1984-03-17"}, Record{Born: "1948-03-17"}, Birth, BirthSlip},
		{"two parts", Record{Born: "1984-03-07"}, Record{Born: "1984-03-28"}, Birth, BirthTwoParts},
		{"other", Record{Born: "1984-03-07"}, Record{Born: "1951-11-20"}, Birth, BirthDifferent},
		{"junk date", Record{Born: "1900-01-01"}, Record{Born: "1900-01-01"}, Birth, NotGiven},
		{"sex", Record{Sex: "M"}, Record{Sex: "male"}, Sex, Same},
		{"unknown sex", Record{Sex: "9"}, Record{Sex: "9"}, Sex, NotGiven},
		{"sector", Record{Postcode: "UB1 3XK"}, Record{Postcode: "UB13CA"}, Place, PlaceSector},
		{"outcode", Record{Postcode: "UB1 3XK"}, Record{Postcode: "UB1 9CA"}, Place, PlaceArea},
		{"typo", Record{Postcode: "UB1 3XK", Address: "1 Elm Grove"}, Record{Postcode: "UB1 3KX", Address: "1 Elm Grove"}, Place, PlaceTypo},
		{"nowhere", Record{Postcode: "ZZ99 3VZ"}, Record{Postcode: "ZZ99 3VZ"}, Place, NotGiven},
		{"valid", Record{NHS: "999 000 0018"}, Record{NHS: "9990000018"}, NHS, CodeSame},
		{"one digit", Record{NHS: "999 000 0018"}, Record{NHS: "9990000078"}, NHS, CodeSlip},
		{"transposed", Record{NHS: "9990000018"}, Record{NHS: "9990000081"}, NHS, CodeSlip},
		{"both invalid", Record{NHS: "9990000019"}, Record{NHS: "9990000019"}, NHS, CodeSlip},
		{"placeholder", Record{NHS: "9999999999"}, Record{NHS: "9999999999"}, NHS, NotGiven},
		{"two people", Record{NHS: "9990000018"}, Record{NHS: "9990000026"}, NHS, CodeDifferent},
		{"other trust", Record{Numbers: []Number{{"RYJ", "401234"}}}, Record{Numbers: []Number{{"RAS", "401234"}}}, Identifier, NotGiven},
		{"one trust", Record{Numbers: []Number{{"RYJ", "401234"}}}, Record{Numbers: []Number{{"RYJ", "401243"}}}, Identifier, CodeSlip},
		{"long number", Record{Numbers: []Number{{"X", "1234567890123456"}}}, Record{Numbers: []Number{{"X", "1234567890123457"}}}, Identifier, CodeDifferent},
		{"long email", Record{Email: "olivia.robinson4@b.org"}, Record{Email: "olivia.robinson95@b.org"}, Email, CodeSlip},
		{"phone", Record{Phones: []string{"+44 7700 900123"}}, Record{Phones: []string{"07700900123"}}, Phone, CodeSame},
	} {
		l, r := ShippedLexicon(), scorer(t).Rules
		a, b := l.Prepare(&c.a, r), l.Prepare(&c.b, r)
		if got := Compare(&a, &b).At(c.of); got != c.expect {
			t.Errorf("%s: %s, not %s", c.what, LevelName(c.of, got), LevelName(c.of, c.expect))
		}
	}
}

func TestGuards(t *testing.T) {
	for _, c := range []struct {
		what string
		b    Record
		want Guard
	}{
		{"twin", with(func(r *Record) { r.Given = "Zahra" }), Twins},
		{"twin of the other sex", with(func(r *Record) { r.Given, r.Sex = "Amin", "male" }), Twins},
		{"twin with the other's name as a second one", with(func(r *Record) { r.Given = "Zahra Amina" }), Twins},
		{"brother of about that age and of one name", with(func(r *Record) { r.Born = "1974" + r.Born[4:] }), Relatives},
		{"sister of one name", with(func(r *Record) { r.Born = "1992" + r.Born[4:] }), Relatives},
		{"newborn", with(func(r *Record) { r.Given = "Baby of Amina" }), Newborn},
		{"sister", with(func(r *Record) { r.Given, r.Born = "Zahra", "1984-03-08" }), Relatives},
		{"grandmother", with(func(r *Record) { r.Born = "1931-11-20" }), Relatives},
	} {
		a := with(func(*Record) {})
		v := verdict(t, a, c.b)
		if v.Guards&c.want == 0 || v.Grade == Certain {
			t.Errorf("%s: guards %q, grade %s", c.what, v.Guards, v.Grade)
		}
	}
	muhammad, mohammed := with(func(r *Record) { r.Given, r.Sex = "Muhammad", "male" }), with(func(r *Record) { r.Given, r.Sex = "Mohammed", "male" })
	if v := verdict(t, muhammad, mohammed); v.Guards&Twins == 0 || v.Grade == Certain {
		t.Errorf("two who may be twins, both called Muhammad, are %s, guards %q", v.Grade, v.Guards)
	}
	a := person()
	overlay := Record{Given: "Tom", Family: "Kowalski", Born: "1951-12-20", Sex: "male", NHS: a.NHS}
	if v := verdict(t, a, overlay); v.Guards&OtherPerson == 0 || v.Grade > Possible {
		t.Errorf("an overlay is %s, guards %q", v.Grade, v.Guards)
	}
	twin := person()
	twin.Given = "Zahra"
	if v := verdict(t, a, twin); v.Guards&Doubt == 0 || v.Grade == Certain {
		t.Errorf("a twin with the other's number is %s, guards %q", v.Grade, v.Guards)
	}
	for _, given := range []string{"Amna", "Amian", "Kaur"} { // a slip, or a word that names nobody
		same := person()
		same.Given = given
		if v := verdict(t, a, same); v.Guards != 0 || v.Grade != Certain {
			t.Errorf("%s with the number of %s is %s, guards %q", given, a.Given, v.Grade, v.Guards)
		}
	}
	filler := with(func(r *Record) { r.Given = "Kaur" })
	if v := verdict(t, a, filler); v.Grade == Certain {
		t.Errorf("Kaur at the home of Amina, without a number, is %s", v.Grade)
	}
	two := person()
	two.NHS = "9990000026"
	if v := verdict(t, a, two); v.Guards&TwoNumbers == 0 || v.Grade > Possible {
		t.Errorf("two numbers are %s, guards %q", v.Grade, v.Guards)
	}
	crossed := person() // the twin's names, in the wrong order, under her number
	crossed.Given, crossed.Family = a.Family, "Zahra"
	if v := verdict(t, a, crossed); v.Guards&Doubt == 0 || v.Grade == Certain {
		t.Errorf("a twin with the other's number and names in the other order is %s, guards %q", v.Grade, v.Guards)
	}
	kept := with(func(r *Record) { r.Given, r.Keeper = "Amna", "R1K" }) // a slip, but one trust has both
	if v := verdict(t, with(func(r *Record) { r.Keeper = "R1K" }), kept); v.Guards&Twins == 0 || v.Grade == Certain {
		t.Errorf("two records of one trust whose names are not one are %s, guards %q", v.Grade, v.Guards)
	}
	columns := func(r *Record) { r.Numbers = []Number{{"R1K", ""}, {"RYJ", "700001"}} }
	if v := verdict(t, with(func(r *Record) { r.Given, r.Numbers = "Amna", []Number{{"R1K", "100001"}, {"RYJ", ""}} }), with(columns)); v.Guards&Twins != 0 {
		t.Errorf("columns of numbers that are empty make two trusts one: guards %q", v.Guards)
	}
	wrong := with(func(r *Record) { r.Sex = "male" })
	if v := verdict(t, a, wrong); v.Guards&Twins != 0 {
		t.Errorf("twins of one name: guards %q", v.Guards)
	}
	if v := verdict(t, a, a); v.Grade != Certain {
		t.Errorf("a record is %s of itself", v.Grade)
	}
}

// TestNoCertainJoinOnABadNumber: what an invalid number adds never makes a
// pair certain.
func TestNoCertainJoinOnABadNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRecord(t, "a"), drawRecord(t, "b")
		a.NHS, b.NHS = "9990000019", "9990000019"
		s, l := scorerOnce(), ShippedLexicon()
		x, y := l.Prepare(&a, s.Rules), l.Prepare(&b, s.Rules)
		with := s.Score(&x, &y).Grade
		a.NHS, b.NHS = "", ""
		x, y = l.Prepare(&a, s.Rules), l.Prepare(&b, s.Rules)
		if with == Certain && s.Score(&x, &y).Grade != Certain {
			t.Fatalf("certain only by a number that is not valid")
		}
	})
}

func scorerOnce() *Scorer {
	s, err := NewScorer(ShippedModel(), nil)
	if err != nil {
		panic(err)
	}
	return s
}

func drawRecord(t *rapid.T, label string) Record {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	return Record{
		Given: pick("", "Amina", "Aminah", "Hussain", "Baby of Amina", "Li Xiao", "Bob", "Robert"), Family: pick("", "Hussain", "Husain", "Amina", "Singh", "Ming", "Al Masri"),
		Former: pick("", "Hussain", "Khan"), Born: pick("", "1984-03-07", "1984-07-03", "1900-01-01", "1974-03-07", "2001-12-31"),
		Sex: pick("", "M", "F"), Postcode: pick("", "UB1 3XK", "UB1 3KX", "UB1 9CA", "ZZ99 3VZ", "4011"), Address: pick("", "14 Lady Margaret Road", "14 Elm Grove", "NFA"),
		Phones: []string{pick("", "07700900123", "07700900124")}, Email: pick("", "a@b.org", "a@c.org", "zz@b.org"), Practice: pick("", "E99123", "E99124"),
		NHS: pick("", "9990000018", "9990000026", "9990000019", "junk"), Numbers: []Number{{"RYJ", pick("", "401234", "401243", "40123")}},
	}
}

// TestComparingIsSymmetric also proves that a waterfall ends where the score
// does.
func TestComparingIsSymmetric(t *testing.T) {
	s, l := scorer(t), ShippedLexicon()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRecord(t, "a"), drawRecord(t, "b")
		x, y := l.Prepare(&a, s.Rules), l.Prepare(&b, s.Rules)
		one, two := s.Score(&x, &y), s.Score(&y, &x)
		if one != two {
			t.Fatalf("%+v and %+v: %+v, the other way %+v", a, b, one, two)
		}
		w := s.Explain(&x, &y)
		if d := w.Steps[len(w.Steps)-1].Running - float64(one.Weight); d > 0.01 || d < -0.01 {
			t.Fatalf("the waterfall is off by %f", d)
		}
	})
}

func TestSimilarityIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := textOf(rapid.StringMatching(`[a-d]{0,15}`).Draw(t, "a")), textOf(rapid.StringMatching(`[a-d]{0,15}`).Draw(t, "b"))
		x, y := jaroWinkler(&a, &b), jaroWinkler(&b, &a)
		if x != y || x < 0 || x > 1 {
			t.Fatalf("%s, %s: %f and %f", a.String(), b.String(), x, y)
		}
	})
	a, b := textOf("martha"), textOf("marhta")
	if got := jaroWinkler(&a, &b); got < 0.9610 || got > 0.9612 {
		t.Errorf("martha, marhta: %f, not 0.9611 (Winkler 1990)", got)
	}
	if got := Soundex("tymczak") + Soundex("pfister") + Soundex("ashcraft"); got != "T522P236A261" && !strings.EqualFold(got, "T522P236A261") {
		t.Errorf("soundex: %s", got)
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add("Amina", "Hussain", "1984-03-07", "UB1 3XK", "14 Lady Margaret Road", "a@b.c", "999 000 0018")
	f.Add("Ünï \xff", "’", "9999999999", "ZZ", "0", "@", "٣٤")
	s, l := scorer(f), ShippedLexicon()
	f.Fuzz(func(t *testing.T, given, family, born, post, address, email, nhs string) {
		r := Record{Given: given, Family: family, Former: given, Born: born, Sex: post, Postcode: post, Address: address, Locality: address,
			Phones: []string{nhs, post}, Email: email, Practice: post, NHS: nhs, Numbers: []Number{{"x", nhs}, {"y", post}}}
		a := l.Prepare(&r, s.Rules)
		if b := l.Prepare(&r, s.Rules); a != b {
			t.Fatal("one record, two subjects")
		}
		if a.born != 0 && (a.born/100%100 > 12 || a.born%100 > 31) {
			t.Fatal("an impossible date")
		}
		s.Score(&a, &Subject{})
		s.Explain(&a, &a)
	})
}

func FuzzParseModel(f *testing.F) {
	f.Add(shippedModel)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseModel(data)
		if err != nil {
			return
		}
		if _, err := NewScorer(m, nil); err != nil {
			t.Fatal("a model that was read cannot be scored by")
		}
	})
}

func FuzzParseLexicon(f *testing.F) {
	f.Add(shippedWords)
	f.Fuzz(func(t *testing.T, data []byte) {
		if l, err := ParseLexicon(data); err == nil {
			l.Prepare(&Record{Given: "Amina"}, scorerOnce().Rules)
		}
	})
}

func TestWaterfallsAreAsTheyWere(t *testing.T) {
	var out strings.Builder
	s, l := scorer(t), ShippedLexicon()
	for _, c := range []struct {
		what string
		b    Record
	}{
		{"the same", with(func(*Record) {})},
		{"married and moved", with(func(r *Record) {
			r.Family, r.Former, r.Postcode, r.Address = "Khan", "Hussain", "HA1 2CD", "3 Elm Grove"
		})},
		{"twin", with(func(r *Record) { r.Given = "Zahra" })},
		{"a slip in the year", with(func(r *Record) { r.Born = "1974-03-07" })},
	} {
		a, b := person(), c.b
		x, y := l.Prepare(&a, s.Rules), l.Prepare(&b, s.Rules)
		out.WriteString("== " + c.what + "\n" + s.Explain(&x, &y).String())
	}
	if update {
		os.WriteFile("testdata/waterfalls.golden", []byte(out.String()), 0o644)
	}
	want, err := os.ReadFile("testdata/waterfalls.golden")
	if err != nil || string(want) != out.String() {
		t.Errorf("the waterfalls have changed (UPDATE=1 writes them anew):\n%s", out.String())
	}
}

func TestPairLoopDoesNotAllocate(t *testing.T) {
	s, l := scorer(t), ShippedLexicon()
	a, b := person(), with(func(r *Record) { r.Given, r.Postcode = "Aminah", "UB1 9CA" })
	x, y := l.Prepare(&a, s.Rules), l.Prepare(&b, s.Rules)
	if n := testing.AllocsPerRun(100, func() { s.Score(&x, &y) }); n != 0 {
		t.Errorf("%f allocations a pair", n)
	}
}

func BenchmarkScore(b *testing.B) {
	s, l := scorer(b), ShippedLexicon()
	var subjects []Subject
	for _, g := range []string{"Amina", "Aminah", "Robert", "Bob", "Mohammed", "Xiao Ming", "Zahra", "Katarzyna"} {
		for _, f := range []string{"Hussain", "Husain", "Al Masri", "Smith-Jones", "Kowalski", "Singh", "Patel", "Li"} {
			r := with(func(r *Record) { r.Given, r.Family, r.Address = g, f, "14 "+f+" Road" })
			subjects = append(subjects, l.Prepare(&r, s.Rules))
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Score(&subjects[i&63], &subjects[i>>6&63])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
}

func BenchmarkPrepare(b *testing.B) {
	s, l := scorer(b), ShippedLexicon()
	r := person()
	b.ReportAllocs()
	for b.Loop() {
		l.Prepare(&r, s.Rules)
	}
}

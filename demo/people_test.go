package demo

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"concord/standard/uk"
)

func noon(t testing.TB) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 11, 18, 14, 30, 0, 0, zone) // a Wednesday
}

func TestNHSNumbersAreValidUniqueAndNeverIssued(t *testing.T) {
	const n = 2_500_000
	seen := make(map[string]struct{}, n)
	for i := range n {
		number := NHSNumber(DefaultSeed, i)
		if i%997 == 0 || i < 2000 {
			parsed, err := uk.ParseNHSNumber(number)
			if err != nil || parsed.Issuer() != uk.NeverIssued {
				t.Fatalf("index %d: %s: %v, issuer %v", i, number, err, parsed.Issuer())
			}
		}
		if want := "999"; i < numbersPerRange && !strings.HasPrefix(number, want) {
			t.Fatalf("index %d: %s lies outside the 999 range", i, number)
		}
		seen[number] = struct{}{}
	}
	if len(seen) != n {
		t.Fatalf("%d numbers for %d people", len(seen), n)
	}
}

func TestPeopleAreTheSameWhateverTheSizeOfThePopulation(t *testing.T) {
	a, b := NewPeople(7, noon(t)), NewPeople(7, noon(t))
	for i := range 300 {
		if !reflect.DeepEqual(a.At(i), b.At(i)) {
			t.Fatalf("index %d differs", i)
		}
	}
	if reflect.DeepEqual(a.At(5), NewPeople(8, noon(t)).At(5)) {
		t.Error("another seed gives the same person")
	}
}

func TestThePopulationLooksLikeOne(t *testing.T) {
	const n = 20_000
	g := NewPeople(DefaultSeed, noon(t))
	numbers := map[string]bool{}
	var several, women, old, children, without int
	families := map[string]int{}
	for p := range g.First(n) {
		for _, e := range p.Entries {
			if key := e.Trust + e.Number; numbers[key] {
				t.Fatalf("%s is given twice", key)
			} else {
				numbers[key] = true
			}
		}
		if len(p.Entries) > 1 {
			several++
		}
		if p.Sex == "female" {
			women++
		}
		if p.NHS == "" {
			without++
		}
		switch age := p.Age(g.Now); {
		case age < 0 || age > 101:
			t.Fatalf("age %d", age)
		case age < 16:
			children++
		case age >= 75:
			old++
		}
		families[p.Family]++
		if p.Given == "" || p.Family == "" || p.Address.Postcode == "" || uk.EthnicCategory(p.Ethnic) == "" {
			t.Fatalf("index %d is incomplete: %+v", p.Index, p)
		}
		last := p.Address.Postcode[len(p.Address.Postcode)-2:]
		if !strings.ContainsAny(last, "CIKMOV") {
			t.Fatalf("postcode %s could be real", p.Address.Postcode)
		}
		for _, phone := range []string{p.Home, p.Mobile, p.Kin.Phone} {
			if phone != "" && !strings.HasPrefix(phone, "020 7946 0") && !strings.HasPrefix(phone, "07700 900") {
				t.Fatalf("telephone number %s is no drama number", phone)
			}
		}
	}
	share := func(what string, count int, low, high float64) {
		if f := float64(count) / n; f < low || f > high {
			t.Errorf("%s: %.3f of the population, want %.2f to %.2f", what, f, low, high)
		}
	}
	share("known in several trusts", several, 0.27, 0.33)
	share("women", women, 0.48, 0.54)
	share("children", children, 0.15, 0.25)
	share("75 and over", old, 0.04, 0.09)
	share("without an NHS number", without, 0.005, 0.02)
	if families["Patel"] < families["Solanki"] || len(families) < 250 {
		t.Errorf("%d family names, Patel %d, Solanki %d", len(families), families["Patel"], families["Solanki"])
	}
}

func TestTheCastHasItsParts(t *testing.T) {
	s, err := NewStage(DefaultSeed, noon(t))
	if err != nil {
		t.Fatal(err)
	}
	of := func(key string) *Person {
		p := s.Of(key)
		if p == nil {
			t.Fatalf("nobody is called %s", key)
		}
		return p
	}
	if n := len(s.Main().Entries); n != 4 {
		t.Errorf("the main story's person is known in %d trusts", n)
	}
	if a, b := of("twin-one"), of("twin-two"); !a.Born.Equal(b.Born) || a.Family != b.Family || a.Address != b.Address || a.Birth+b.Birth != 3 {
		t.Error("the twins are none")
	}
	if a, b := of("namesake-one"), of("namesake-two"); a.Given+a.Family != b.Given+b.Family || !a.Born.Equal(b.Born) || a.NHS == b.NHS {
		t.Error("the namesakes are none")
	}
	if a, b := of("shared-number"), of("shared-number-too"); a.NHS != b.NHS || a.Born.Equal(b.Born) {
		t.Error("no number is shared")
	}
	if _, err := uk.ParseNHSNumber(of("wrong-digit").NHS); err == nil {
		t.Error("the wrong check digit is right")
	}
	if of("no-number").NHS != "" {
		t.Error("there is a number")
	}
	if age := uk.Age(of("newborn").Born, s.people.Now); age != "3d" {
		t.Errorf("the newborn is %s old", age)
	}
	if of("newborn").Address != of("mother").Address {
		t.Error("the newborn lives elsewhere")
	}
	if of("deceased").Died.IsZero() {
		t.Error("the deceased lives")
	}
	if p := of("long-name"); len(p.Given) != 35 || len(p.Family) != 35 {
		t.Errorf("the long name has %d and %d letters", len(p.Given), len(p.Family))
	}
}

func BenchmarkPeople(b *testing.B) {
	g := NewPeople(DefaultSeed, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		g.At(i)
		i++
	}
}

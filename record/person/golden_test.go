package person

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/standard/fhir"
)

const verifiedNumber = `"identifier":[{"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"code":"01"}]}}],"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}]`

func formalDeath(code string) string {
	return `"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus","extension":[{"url":"deathNotificationStatus","valueCodeableConcept":{"coding":[{"code":"` + code + `"}]}}]}]`
}

func told(t testing.TB, day int, members string) Told {
	t.Helper()
	p, err := fhir.ParseObject([]byte(`{"resourceType":"Patient",` + members + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return Told{p, time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)}
}

// TestGoldenRules: each rule of survivorship, who it takes the fact from, and who
// says otherwise.
func TestGoldenRules(t *testing.T) {
	name := func(family string) string { return `"name":[{"family":"` + family + `","given":["Ada"]}]` }
	for _, c := range []struct {
		name   string
		told   []string // said on the 1st, the 2nd, …
		of     Particular
		from   int
		others []int
		why    Why
	}{
		{"nobody else", []string{name("Okonkwo"), `"gender":"female"`}, TheName, 0, nil, Alone},
		{"all agree, in whatever letters", []string{name("OKONKWO"), name("Okonkwo")}, TheName, 1, nil, Agreed},
		{"a verified number before newer", []string{verifiedNumber + "," + name("Okonkwo"), name("Okonkw")}, TheName, 0, []int{1}, Verified},
		{"most before newer", []string{`"birthDate":"1948-03-14"`, `"birthDate":"1948-03-14"`, `"birthDate":"1984-03-14"`}, TheBirth, 1, []int{2}, Most},
		{"a verified number before most", []string{`"birthDate":"1948-03-14",` + verifiedNumber, `"birthDate":"1984-03-14"`, `"birthDate":"1984-03-14"`}, TheBirth, 0, []int{1, 2}, Verified},
		{"in use before verified", []string{`"gender":"male","active":false,` + verifiedNumber, `"gender":"female"`}, TheSex, 1, []int{0}, InUse},
		{"unknown says nothing", []string{`"gender":"female"`, `"gender":"unknown"`}, TheSex, 0, nil, Alone},
		{"an address: the newest, whoever is verified", []string{`"address":[{"line":["1 High St"],"postalCode":"HA1 3UJ"}],` + verifiedNumber, `"address":[{"line":["2 Low Rd"],"postalCode":"UB1 3XK"}]`}, TheAddress, 1, []int{0}, Newest},
		{"an address in another spelling is the same", []string{`"address":[{"line":["1 High St"],"postalCode":"HA1 3UJ"}]`, `"address":[{"line":["1 HIGH ST"],"postalCode":"ha13uj"}]`}, TheAddress, 1, nil, Agreed},
		{"a telephone in another form is the same", []string{`"telecom":[{"system":"phone","value":"+44 7700 900123"}]`, `"telecom":[{"system":"phone","value":"07700900123"}]`}, ThePhone, 1, nil, Agreed},
		{"one report of a death is believed", []string{`"deceasedDateTime":"2026-01-01"`, name("Okonkwo"), name("Okonkwo")}, TheDeath, 0, nil, Alone},
		{"a registered death before a newer report", []string{`"deceasedDateTime":"2026-01-01",` + formalDeath("2"), `"deceasedDateTime":"2026-01-02"`}, TheDeath, 0, []int{1}, Registered},
		{"a date before none", []string{`"deceasedDateTime":"2026-01-01"`, `"deceasedBoolean":true`}, TheDeath, 0, nil, Agreed},
		{"who says that somebody lives is named", []string{`"deceasedDateTime":"2026-01-01"`, `"deceasedBoolean":false`}, TheDeath, 0, []int{1}, Registered},
		{"a notice that was taken back", []string{`"deceasedDateTime":"2026-01-01"`, formalDeath("U")}, TheDeath, 0, []int{1}, Registered},
	} {
		var list []Told
		for i, m := range c.told {
			list = append(list, told(t, i+1, m))
		}
		g := GoldenOf(list)
		f := g.Fact(c.of)
		if f == nil || f.From != c.from || !slices.Equal(f.Others, c.others) || f.Why != c.why {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// TestGoldenDeath: what the person's own resource says of a death.
func TestGoldenDeath(t *testing.T) {
	g := GoldenOf([]Told{told(t, 1, `"name":[{"family":"Okonkwo"}],"deceasedBoolean":false`), told(t, 2, `"deceasedDateTime":"2026-01-01",`+formalDeath("2"))})
	if !g.Death.Dead || !g.Death.Formal || g.Patient.StrAt("deceasedDateTime") != "2026-01-01" || g.Patient.Get("deceasedBoolean") != nil || g.Patient.Get("extension").Len() != 1 {
		t.Errorf("%+v %s", g.Death, g.Patient.JSON())
	}
	if g := GoldenOf([]Told{told(t, 1, `"deceasedBoolean":false`)}); g.Death.Dead || g.Fact(TheDeath) != nil {
		t.Errorf("who lives: %+v", g)
	}
	if g := GoldenOf([]Told{told(t, 1, formalDeath("U"))}); g.Death.Dead {
		t.Errorf("a notice taken back: %+v", g)
	}
}

// TestGoldenOrder: the order in which entries are listed plays no part in what is
// taken, and everyone who says something stands with or against it.
func TestGoldenOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(rt, "entries")
		list := make([]Told, n)
		for i := range list {
			m := fmt.Sprintf(`"active":%v,"birthDate":"%s","gender":"%s","name":[{"family":"%s"}]`, rapid.Bool().Draw(rt, "active"),
				rapid.SampledFrom([]string{"1948-03-14", "1984-03-14"}).Draw(rt, "born"), rapid.SampledFrom([]string{"male", "female", "unknown"}).Draw(rt, "sex"),
				rapid.SampledFrom([]string{"Okonkwo", "Okafor"}).Draw(rt, "family"))
			if rapid.Bool().Draw(rt, "verified") {
				m += "," + verifiedNumber
			}
			if rapid.Bool().Draw(rt, "died") {
				m += `,"deceasedDateTime":"2026-01-0` + rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "day") + `"`
			}
			list[i] = told(t, i+1, m) // each on a day of its own
		}
		read := func(list []Told) string {
			g, out := GoldenOf(list), ""
			for _, f := range g.Facts {
				if len(f.Same)+len(f.Others) > n || !slices.Contains(f.Same, f.From) {
					rt.Fatalf("%+v of %d", f, n)
				}
				out += fmt.Sprint(f.Particular, list[f.From].At.Day(), len(f.Others), f.Why, "; ")
			}
			return out
		}
		if a, b := read(list), read(rapid.Permutation(list).Draw(rt, "order")); a != b {
			rt.Fatalf("%s\nin another order %s", a, b)
		}
	})
}

package person

import (
	"strings"
	"time"

	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/search"
)

// How much an agreement counts, of 1. Two of them that hold together multiply:
// a former name that sounds alike is worth former × alike.
const (
	exactly    = 1.0
	begins     = 0.95 // a wildcard
	former     = 0.9  // a name or address of the past
	turned     = 0.85 // given and family name in each other's place
	partly     = 0.85 // one part of a double name
	alike      = 0.8  // by sound
	otherwise  = 0.5  // a practice or date of death that differs, in a search by sound
	sureEnough = 0.999
)

// Fit tells whether an entry is as wanted, and how well: the mean of what each
// particular counts, 1 when all agree exactly. past are earlier versions of the
// entry, looked at when history is wanted.
func (w *Wanted) Fit(now *fhir.Value, past []*fhir.Value) (score float64, ok bool) {
	versions := []*fhir.Value{now}
	if w.History {
		versions = append(versions, past...)
	}
	sum, n := 0.0, 0
	add := func(asked bool, s float64) bool {
		if asked {
			sum, n = sum+s, n+1
		}
		return !asked || s > 0
	}
	ok = add(true, within(now.StrAt("birthDate"), w.BornFrom, w.BornTo)) &&
		add(w.Family != "" || w.Given != "", w.names(versions)) &&
		add(w.Gender != "", agree(now.StrAt("gender") == w.Gender)) &&
		add(w.Postcode != "", w.best(versions, w.postcode)) &&
		add(w.Phone != "", w.best(versions, w.phone)) &&
		add(w.Email != "", w.best(versions, w.email))
	if !ok {
		return 0, false
	}
	for _, soft := range []struct {
		asked bool
		s     float64
	}{{w.Practice != "", agree(practiceOf(now) == w.Practice)}, {w.DiedFrom != "", within(dayOf(now.StrAt("deceasedDateTime")), w.DiedFrom, w.DiedTo)}} {
		if soft.asked && soft.s == 0 && w.Sounds {
			soft.s = otherwise
		}
		if !add(soft.asked, soft.s) {
			return 0, false
		}
	}
	score = sum / float64(n)
	return score, !w.Exact || score > sureEnough
}

func agree(same bool) float64 {
	if same {
		return exactly
	}
	return 0
}

func within(day, from, to string) float64 {
	return agree(len(day) == len(time.DateOnly) && day >= from && day <= to)
}

func dayOf(dateTime string) string { return dateTime[:min(len(dateTime), len(time.DateOnly))] }

func practiceOf(patient *fhir.Value) string {
	for gp := range patient.Get("generalPractitioner").Each() {
		if gp.StrAt("identifier.system") == odsOrganization {
			return strings.ToUpper(gp.StrAt("identifier.value"))
		}
	}
	return ""
}

// names is the best agreement with any name of any version.
func (w *Wanted) names(versions []*fhir.Value) float64 {
	best := 0.0
	for i, v := range versions {
		for n := range v.Get("name").Each() {
			age := exactly
			if use := n.StrAt("use"); i > 0 || use == "old" || use == "maiden" || n.StrAt("period.end") != "" {
				if age = former; !w.History {
					continue
				}
			}
			best = max(best, age*w.name(n))
		}
	}
	return best
}

func (w *Wanted) name(n *fhir.Value) float64 {
	var given []string
	for g := range n.Get("given").Each() {
		given = append(given, strings.Fields(search.Fold(g.Str()))...)
	}
	family := search.Fold(n.StrAt("family"))
	straight := w.both(w.Family, w.Given, family, given)
	if !w.Sounds || w.Family == "" || w.Given == "" {
		return straight
	}
	return max(straight, turned*w.both(w.Given, w.Family, family, given))
}

// both is the lesser of how a family and a given name agree.
func (w *Wanted) both(wantFamily, wantGiven, family string, given []string) float64 {
	out := exactly
	if wantFamily != "" {
		out = min(out, w.family(wantFamily, family))
	}
	if wantGiven == "" {
		return out
	}
	prefix := strings.HasSuffix(wantGiven, "*")
	for _, want := range strings.Fields(search.Fold(wantGiven)) {
		best := 0.0
		for _, have := range given {
			best = max(best, w.word(want, have, prefix))
		}
		out = min(out, best)
	}
	return out
}

func (w *Wanted) family(want, have string) float64 {
	prefix := strings.HasSuffix(want, "*")
	want = search.Fold(want)
	s := w.word(want, have, prefix)
	if !w.Sounds {
		return s
	}
	for _, part := range strings.Fields(have) { // a double name
		s = max(s, partly*w.word(want, part, false))
	}
	return s
}

// word compares folded words.
func (w *Wanted) word(want, have string, prefix bool) float64 {
	switch {
	case want == "" || have == "":
		return 0
	case want == have:
		return exactly
	case prefix && strings.HasPrefix(have, want):
		return begins
	case w.Sounds && match.Soundex(want) != "" && match.Soundex(want) == match.Soundex(have):
		return alike
	}
	return 0
}

// best is the best agreement of any version, one of the past counting less.
func (w *Wanted) best(versions []*fhir.Value, of func(v *fhir.Value, past bool) float64) float64 {
	best := 0.0
	for i, v := range versions {
		s := of(v, i > 0)
		if i > 0 {
			s *= former
		}
		best = max(best, s)
	}
	return best
}

func (w *Wanted) postcode(v *fhir.Value, past bool) float64 {
	want, prefix := bare(w.Postcode), strings.HasSuffix(w.Postcode, "*")
	best := 0.0
	for a := range v.Get("address").Each() {
		have, s := bare(a.StrAt("postalCode")), 0.0
		switch {
		case have == "":
		case have == want:
			s = exactly
		case prefix && strings.HasPrefix(have, want):
			s = begins
		}
		best = max(best, w.aged(a, s, past))
	}
	return best
}

func (w *Wanted) phone(v *fhir.Value, past bool) float64 {
	return w.telecom(v, past, digits(w.Phone), digits, "phone", "sms")
}

func (w *Wanted) email(v *fhir.Value, past bool) float64 {
	return w.telecom(v, past, strings.ToLower(w.Email), strings.ToLower, "email")
}

func (w *Wanted) telecom(v *fhir.Value, past bool, want string, norm func(string) string, systems ...string) float64 {
	best := 0.0
	for t := range v.Get("telecom").Each() {
		for _, sys := range systems {
			if t.StrAt("system") == sys && norm(t.StrAt("value")) == want {
				best = max(best, w.aged(t, exactly, past))
			}
		}
	}
	return best
}

// aged is what an address or telephone counts that its trust says is over.
func (w *Wanted) aged(v *fhir.Value, s float64, past bool) float64 {
	if past || v.StrAt("use") != "old" && v.StrAt("period.end") == "" {
		return s
	}
	if !w.History {
		return 0
	}
	return s * former
}

// bare is a postcode without spaces and its *.
func bare(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "*", "").Replace(s))
}

// digits of a telephone number; 0044 and +44 are the 0 of a British one.
func digits(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	d := strings.TrimPrefix(b.String(), "00")
	if rest, ok := strings.CutPrefix(d, "44"); ok && len(d) > 10 {
		return "0" + strings.TrimPrefix(rest, "0")
	}
	return d
}

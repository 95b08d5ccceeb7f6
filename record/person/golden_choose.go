package person

import (
	"strings"
	"time"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// view is one value that somebody says, with who say it.
type view struct {
	value    string
	who      []int
	inUse    bool
	verified bool
	newest   time.Time
	best     int // of who, the one that it is taken from
}

// choose picks the value of a particular; ok is false when nobody says any.
func choose(told []Told, p particular) (Fact, bool) {
	views := viewsOf(told, p.says)
	if len(views) == 0 {
		return Fact{}, false
	}
	best, why := 0, Why("")
	for i := 1; i < len(views); i++ {
		if w := precedes(&views[i], &views[best], p.who); w != "" {
			best = i
		}
	}
	switch {
	case len(views) == 1 && len(views[0].who) == 1:
		why = Alone
	case len(views) == 1:
		why = Agreed
	default:
		why = leastReason(views, best, p.who)
	}
	f := Fact{Particular: p.name, From: views[best].best, Same: views[best].who, Why: why}
	for i, v := range views {
		if i != best {
			f.Others = append(f.Others, v.who...)
		}
	}
	return f, true
}

// leastReason is the rule by which the best stands before the runner-up.
func leastReason(views []view, best int, who bool) Why {
	next := -1
	for i := range views {
		if i != best && (next < 0 || precedes(&views[i], &views[next], who) != "") {
			next = i
		}
	}
	if w := precedes(&views[best], &views[next], who); w != "" {
		return w
	}
	return Newest
}

// precedes tells by which rule a stands before b; "" when it does not.
func precedes(a, b *view, who bool) Why {
	switch {
	case a.inUse != b.inUse:
		return when(a.inUse, InUse)
	case who && a.verified != b.verified:
		return when(a.verified, Verified)
	case who && len(a.who) != len(b.who):
		return when(len(a.who) > len(b.who), Most)
	case !a.newest.Equal(b.newest):
		return when(a.newest.After(b.newest), Newest)
	}
	return when(a.value < b.value, Newest) // so that the order of entries plays no part
}

func when(yes bool, w Why) Why {
	if yes {
		return w
	}
	return ""
}

func viewsOf(told []Told, says func(*fhir.Value) string) []view {
	var out []view
	at := map[string]int{}
	for i, t := range told {
		value := says(t.Patient)
		if strings.Trim(value, ", ") == "" {
			continue
		}
		j, ok := at[value]
		if !ok {
			j = len(out)
			at[value] = j
			out = append(out, view{value: value, best: i})
		}
		v := &out[j]
		v.who = append(v.who, i)
		use := inUse(t.Patient)
		if use && (!v.inUse || t.At.After(told[v.best].At)) || use == v.inUse && t.At.After(told[v.best].At) {
			v.best = i
		}
		if use && !v.inUse || use == v.inUse && t.At.After(v.newest) {
			v.newest = t.At
		}
		v.inUse = v.inUse || use
		v.verified = v.verified || verified(t.Patient)
	}
	return out
}

// deathOf is what one entry says: said is false when it says nothing. PID-29 and
// PID-30 of a trust are informal; formal is what the registrar notified to PDS
// (DeathNotificationStatus 1 informal, 2 formal, U taken back).
func deathOf(p *fhir.Value) (d Death, said bool) {
	code := ""
	if x := fhir.Extension(p, uk.DeathNotificationExtension); x != nil {
		code = fhir.Extension(x, "deathNotificationStatus").StrAt("valueCodeableConcept.coding.0.code")
	}
	d.When = p.StrAt("deceasedDateTime")
	flag := p.Get("deceasedBoolean")
	switch {
	case code == "U":
		return Death{}, true
	case code == "2":
		d.Formal, d.Dead = true, true
	case d.When != "" || flag.Bool() || code == "1":
		d.Dead = true
	case flag != nil:
		return Death{}, true
	}
	return d, d.Dead
}

// settleDeath decides whether the person has died: who reports it is believed
// though others are silent, and who says otherwise is named.
func (g *Golden) settleDeath(told []Told) {
	best, deaths := -1, make([]Death, len(told))
	var why Why
	var who []int
	for i, t := range told {
		d, said := deathOf(t.Patient)
		if deaths[i] = d; !said {
			continue
		}
		who = append(who, i)
		if best < 0 {
			best = i
			continue
		}
		if w := deadlier(d, deaths[best], t, told[best]); w != "" {
			best, why = i, w
		} else {
			why = deadlier(deaths[best], d, told[best], t)
		}
	}
	if best < 0 || !deaths[best].Dead { // nobody speaks of it, or it is only denied
		return
	}
	d := deaths[best]
	f := Fact{Particular: TheDeath, From: best, Why: why}
	for _, i := range who {
		if deaths[i].Dead && sameDay(deaths[i].When, d.When) {
			f.Same = append(f.Same, i)
		} else {
			f.Others = append(f.Others, i)
		}
	}
	switch {
	case len(who) == 1:
		f.Why = Alone
	case len(f.Others) == 0:
		f.Why = Agreed
	}
	g.Facts, g.Death = append(g.Facts, f), d
	g.Patient = layDeath(g.Patient, told[best].Patient)
}

// deadlier tells why one report of death stands before another; "" when not.
func deadlier(a, b Death, x, y Told) Why {
	switch {
	case a.Dead != b.Dead:
		return when(a.Dead, Registered)
	case a.Formal != b.Formal:
		return when(a.Formal, Registered)
	case (a.When != "") != (b.When != ""):
		return when(a.When != "", Dated)
	}
	return when(x.At.After(y.At), Newest)
}

// sameDay: a date that is not given contradicts none, and a shorter one none
// that it begins.
func sameDay(a, b string) bool {
	n := min(len(a), len(b), len(time.DateOnly))
	return a[:n] == b[:n]
}

func layDeath(onto, from *fhir.Value) *fhir.Value {
	onto = onto.Without("deceasedBoolean", "deceasedDateTime")
	for _, n := range []string{"deceasedBoolean", "deceasedDateTime"} {
		if v := from.Get(n); v != nil {
			onto = onto.With(n, v)
		}
	}
	if onto.Get("deceasedBoolean") == nil && onto.Get("deceasedDateTime") == nil {
		onto = onto.With("deceasedBoolean", true)
	}
	var list []*fhir.Value
	for _, p := range []*fhir.Value{onto, from} {
		for e := range p.Get("extension").Each() {
			if (e.StrAt("url") == uk.DeathNotificationExtension) == (p == from) {
				list = append(list, e)
			}
		}
	}
	if len(list) == 0 {
		return onto.Without("extension")
	}
	return onto.With("extension", list)
}

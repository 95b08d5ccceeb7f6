package review

import (
	"testing"
	"time"

	"concord/fault"
	"concord/record/access"
)

// TestSettle: every state may lead only where it may.
func TestSettle(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	all := []State{Open, Queried, Escalated, Justified, Upheld, "", "gone"}
	for _, from := range all[:5] {
		for _, to := range all {
			c := Case{User: "ann", State: from}
			err := c.Settle("pia", to, "because of this", now)
			may := from != to && (to == Queried || to == Escalated || to == Justified || to == Upheld)
			if from == Justified || from == Upheld {
				may = to == Open
			}
			if may != (err == nil) || err == nil && (c.State != to || len(c.Steps) != 1) || err != nil && (c.State != from || len(c.Steps) != 0) {
				t.Errorf("%s to %s: %v %+v", from, to, err, c)
			}
		}
	}
	c := Case{User: "ann", State: Open}
	if err := c.Settle("ann", Justified, "because of this", now); !fault.Is(err, fault.Denied) {
		t.Error(err)
	}
}

// TestSignals: each signal by itself, and none of ordinary care.
func TestSignals(t *testing.T) {
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	who := access.Requester{ID: "ann", Org: "RQM"}
	s := Staff{Family: "okafor", NHS: "9990000018", Homes: []string{"HA13UJ 7 hidden lane"}}
	stays := []access.Relation{{Org: "RQM", How: "encounter", Until: at.Add(90 * 24 * time.Hour)}}
	ended := []access.Relation{{Org: "RQM", How: "encounter", Until: at.Add(access.Grace - 8*24*time.Hour)}}
	just := []access.Relation{{Org: "RQM", How: "encounter", Until: at.Add(access.Grace - 6*24*time.Hour)}}
	gp := []access.Relation{{Org: "RQM", How: "registration"}}
	for name, c := range map[string]struct {
		s    Staff
		p    Patient
		want string
	}{
		"ordinary":                     {s, Patient{NHS: []string{"9990000026"}, Families: []string{"smith"}, Homes: []string{"HA13UJ 9 hidden lane"}, Relations: stays}, ""},
		"own":                          {s, Patient{NHS: []string{"9990000018"}, Families: []string{"okafor"}, Homes: s.Homes}, "own"},
		"household and surname":        {s, Patient{Families: []string{"okafor"}, Homes: s.Homes}, "household surname"},
		"maiden name":                  {s, Patient{Families: []string{"smith", "okafor"}}, "surname"},
		"nothing known of who looks":   {Staff{}, Patient{Families: []string{""}, Homes: []string{""}}, ""},
		"ended":                        {s, Patient{Relations: ended}, "discharged"},
		"just ended":                   {s, Patient{Relations: just}, ""},
		"ended, and still in a clinic": {s, Patient{Relations: append(ended, stays...)}, ""},
		"ended, and registered":        {s, Patient{Relations: append(ended, gp...)}, ""},
		"another trust's ended":        {s, Patient{Relations: []access.Relation{{Org: "RYJ", Until: ended[0].Until}}}, ""},
	} {
		got := ""
		for _, k := range Signals(who, c.s, c.p, at) {
			if got != "" {
				got += " "
			}
			got += string(k)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestDays: what is unusual depends on the user's own days.
func TestDays(t *testing.T) {
	look := func(d *Days, day string, patients int) {
		for n := range patients {
			d.Look(day, string(rune(0x4e00+n)))
			d.Look(day, string(rune(0x4e00+n))) // a second time is no second patient
		}
	}
	var ward, clinic Days
	for n := range 30 {
		day := time.Date(2026, 10, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		look(&ward, day, 10)
		look(&clinic, day, 40)
	}
	look(&ward, "2026-11-26", leastUnusual)
	if ward.Unusual() || ward.Usual() != 10 || len(ward.Before) != daysKept {
		t.Errorf("at the limit %+v", ward.Usual())
	}
	look(&ward, "2026-11-26", leastUnusual+1)
	look(&clinic, "2026-11-26", 3*40)
	if !ward.Unusual() || clinic.Unusual() {
		t.Errorf("ward %v, clinic %v", ward.Unusual(), clinic.Unusual())
	}
	look(&clinic, "2026-11-26", 3*40+1)
	if !clinic.Unusual() {
		t.Error("beyond three times the usual is not unusual")
	}
}

// TestMeasure: what is late, how long cases stand, and when they came.
func TestMeasure(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	closed := func(k Kind, came, after time.Duration, to State) Case {
		c := Case{Kind: k, At: now.Add(-came), State: Open, User: "ann"}
		if err := c.Settle("pia", to, "because of this", c.At.Add(after)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	w := Measure([]Case{{Kind: Own, At: now.Add(-time.Hour)}, {Kind: Own, At: now.Add(-4 * day)}, {Kind: Claimed, At: now.Add(-200 * day)}},
		[]Case{closed(Own, 2*day, day, Upheld), closed(Claimed, 9*day, 8*day, Justified), closed(Claimed, 300*day, day, Justified)}, now)
	if w.Open != 3 || w.Late != 2 || !w.Oldest.Equal(now.Add(-200*day)) || w.Median != 8*day {
		t.Errorf("%+v", w)
	}
	last, before := w.Weeks[Weeks-1], w.Weeks[Weeks-2]
	if last.Came != 3 || last.Closed != 2 || before.Came != 1 || before.Closed != 0 {
		t.Errorf("weeks %+v", w.Weeks)
	}
	if w.Kinds[0] != (KindLoad{Own, 2, 0, 1}) || w.Kinds[5] != (KindLoad{Claimed, 1, 1, 0}) {
		t.Errorf("kinds %+v", w.Kinds)
	}
}

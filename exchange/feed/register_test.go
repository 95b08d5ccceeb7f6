package feed

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"concord/record"
)

// TestRegister: a legacy system may be switched off when nothing is done in it
// alone, nothing is left for it, and nothing passed for its quiet time; until
// then each reason is told.
func TestRegister(t *testing.T) {
	s, a := newStage(t), newLegacy(t)
	text := setOf(map[string]string{"one": a.addr, "three": dead}, "") + `systems:
  - {code: ris, name: Old radiology, owner: Radiology, receives: [one], quiet: 1h, switch-off: 2026-01-31}
  - {code: board, name: Old bed board, owner: Site office, receives: [three], quiet: 1h, keeps: [bed cleaning]}
  - {code: lims, name: Old laboratory, owner: Pathology, sends: [lims], quiet: 1h}
`
	s.apply(text)
	s.run()
	s.patient(1)
	s.eventually("sent, and waiting", func() bool {
		return s.states("one")[record.Sent] == 1 && s.states("three")[record.Waiting] == 1
	})
	sets, err := Running(s.ctx, s.operator())
	if err != nil {
		t.Fatal(err)
	}
	at := func(now time.Time) map[string]SystemStatus {
		t.Helper()
		list, err := Register(s.ctx, s.engineer("RQM"), sets, now)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]SystemStatus{}
		for _, x := range list {
			out[x.Code] = x
		}
		return out
	}
	s.eventually("told when it was last taken", func() bool { return !at(time.Now())["ris"].Dependences[0].Last.IsZero() })
	now := at(time.Now())
	if x := now["ris"]; x.MayGo() || !slices.Equal(x.Reasons, []string{"A message went to one less than an hour ago"}) || !x.Overdue {
		t.Errorf("ris: %v", x.Reasons)
	}
	if x := now["board"]; fmt.Sprint(x.Reasons) != "[It is the only place for: bed cleaning 1 message for three is not sent]" {
		t.Errorf("board: %v", x.Reasons)
	}
	if x := now["lims"]; !x.MayGo() || len(x.Dependences) != 1 {
		t.Errorf("lims: %v", x.Reasons)
	}
	later := at(time.Now().Add(2 * time.Hour))
	if x := later["ris"]; !x.MayGo() || x.Overdue {
		t.Errorf("ris, later: %v", x.Reasons)
	}
	if x := later["board"]; len(x.Reasons) != 2 {
		t.Errorf("board, later: %v", x.Reasons)
	}
	if d := now["board"].Dependences[0]; !d.Last.IsZero() {
		t.Errorf("nothing ever went there, yet: %+v", d)
	}
	s.halt()
	s.run()
	s.eventually("a new sender says that it is there", func() bool {
		for _, d := range s.status() {
			if d.Destination == "one" {
				return d.Sending.State == "idle"
			}
		}
		return false
	})
	if d := at(time.Now())["ris"].Dependences[0]; !d.Last.Equal(now["ris"].Dependences[0].Last) {
		t.Errorf("last taken at %v, after a new start", d.Last)
	}
	if d := now["ris"].Dependences[0]; fmt.Sprint(d.Channels) != "[all]" || d.Last.IsZero() {
		t.Errorf("%+v", d)
	}
}

package record_test

import (
	"testing"

	"concord/fault"
	"concord/record/access"
)

// TestJoiningIsTheOrganisations: who does the steps does those of their own
// organisation; the domain's do all; to see totals is open to any.
func TestJoiningIsTheOrganisations(t *testing.T) {
	s := newStage(t)
	why := access.Reason{Purpose: access.Integrity}
	for _, c := range []struct {
		role access.Role
		org  string
		act  access.Action
		may  bool
	}{
		{access.Engineer, "R1K", access.Join, true}, {access.Engineer, "RAS", access.Join, false}, {access.Engineer, access.Domain, access.Join, true},
		{access.Clinician, "R1K", access.WatchJoin, true}, {access.Clinician, "RAS", access.WatchJoin, false}, {access.Clinician, "RAS", access.Attest, false},
		{access.Commissioner, access.Domain, access.WatchTotals, true}, {access.Commissioner, access.Domain, access.WatchJoin, false}, {access.Commissioner, access.Domain, access.Join, false},
		{access.Engineer, "RAS", access.WatchTotals, true},
	} {
		purpose := why
		if c.role == access.Clinician {
			purpose.Purpose = access.DirectCare
		}
		e := s.desk.For(access.Requester{ID: "u", Role: c.role, Org: c.org}, purpose)
		_, from := s.audited(0)
		err := e.Joining(s.ctx, c.act, "R1K", "a step")
		if c.may != (err == nil) || err != nil && !fault.Is(err, fault.Denied) || e.MayJoin(c.act, "R1K") != c.may {
			t.Errorf("%s of %s, %s: %v, may %v", c.role, c.org, c.act, err, e.MayJoin(c.act, "R1K"))
		}
		if got, _ := s.audited(from); len(got) == 0 {
			t.Errorf("%s of %s, %s leaves no trace", c.role, c.org, c.act)
		}
	}
}

// TestHoldFeeds: an organisation's feeds are held until they are released, by its
// own people alone.
func TestHoldFeeds(t *testing.T) {
	s := newStage(t)
	of := func(org string, hold bool) error {
		return s.desk.For(access.Requester{ID: "lim", Role: access.Engineer, Org: org}, access.Reason{Purpose: access.Integrity}).HoldFeeds(s.ctx, "R1K", "cutover", hold)
	}
	held := func(want int) {
		t.Helper()
		got, err := s.desk.For(access.Requester{ID: "intake", Role: access.System, Org: access.Domain}, access.Reason{Purpose: access.DirectCare}).FeedsHeld(s.ctx)
		if err != nil || len(got) != want || want == 1 && (got["R1K"].By != "lim" || got["R1K"].Since.IsZero()) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	held(0)
	if err := of("RAS", true); !fault.Is(err, fault.Denied) {
		t.Errorf("another organisation's feeds are held: %v", err)
	}
	held(0)
	for range 2 {
		if err := of("R1K", true); err != nil {
			t.Fatal(err)
		}
		held(1)
	}
	if err := of("RAS", false); !fault.Is(err, fault.Denied) {
		t.Errorf("another organisation's feeds are released: %v", err)
	}
	held(1)
	if err := of("R1K", false); err != nil {
		t.Fatal(err)
	}
	held(0)
}

package intake

import (
	"testing"

	"concord/record"
)

// TestLateMessageDoesNotReviveMergedEntry: what comes under a number that was
// merged away updates its entry and leaves it inactive.
func TestLateMessageDoesNotReviveMergedEntry(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(message("ADT^A28", "7001", "20260601080000", "Okonkwo^Ada"))
	w.mustSend(message("ADT^A28", "7002", "20260601080000", "Okonkwo^A"))
	w.mustSend(message("ADT^A40", "7001", "20260602080000", "Okonkwo^Ada") + "MRG|7002^^^R1K^MR\r")
	w.mustSend(message("ADT^A08", "7002", "20260603080000", "Okonkwo^Late"))
	w.applied()
	if gone := w.patientOf("7002"); gone.Resource.Get("active").Text() != "false" {
		t.Errorf("the merged entry: %s", gone.Resource.JSON())
	}
	w.clean()
}

// TestMergeTheOtherWayRound: a trust that corrects itself makes the old number
// the surviving one.
func TestMergeTheOtherWayRound(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(message("ADT^A28", "7001", "20260601080000", "Okonkwo^Ada"))
	w.mustSend(message("ADT^A28", "7002", "20260601080000", "Okonkwo^A"))
	w.mustSend(message("ADT^A40", "7001", "20260602080000", "Okonkwo^Ada") + "MRG|7002^^^R1K^MR\r")
	w.mustSend(message("ADT^A40", "7002", "20260603080000", "Okonkwo^A") + "MRG|7001^^^R1K^MR\r")
	w.applied()
	lives, gone := w.patientOf("7002"), w.patientOf("7001")
	if lives.Resource.Get("active").Text() == "false" || lives.Resource.StrAt("link.0.type") != "replaces" {
		t.Errorf("the survivor: %s", lives.Resource.JSON())
	}
	if gone.Resource.Get("active").Text() != "false" || gone.Resource.StrAt("link.0.type") != "replaced-by" {
		t.Errorf("the merged entry: %s", gone.Resource.JSON())
	}
	w.clean()
}

// applied waits until all is applied and nothing parked.
func (w *ward) applied() {
	w.t.Helper()
	for _, m := range w.settled() {
		if m.State != record.Applied {
			w.t.Fatalf("%s: %+v", m.Trigger, m)
		}
	}
}

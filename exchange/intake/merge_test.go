package intake

import (
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
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

// whoIs is the person of the entry under a hospital number.
func (w *ward) whoIs(number string) string {
	w.t.Helper()
	it, err := w.clinician().Read(w.ctx, "Patient", w.patientOf(number).ID)
	if err != nil {
		w.t.Fatal(err)
	}
	for l := range it.Resource.Get("link").Each() {
		if l.StrAt("type") == "refer" {
			return l.StrAt("other.reference")
		}
	}
	w.t.Fatalf("%s has no person", number)
	return ""
}

// TestLinkAndUnlink: A24 makes one person of two numbers that both stay in use,
// A37 takes it back; an A37 on two that were never linked parts them.
func TestLinkAndUnlink(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(message("ADT^A28", "7001", "20260601080000", "Okonkwo^Ada"))
	w.mustSend(strings.Replace(message("ADT^A28", "7002", "20260601080000", "Penhaligon^Sue"), "19480314", "19710612", 1))
	w.applied()
	p, q := w.whoIs("7001"), w.whoIs("7002")
	two := func(trigger, at string) string {
		first, second := message(trigger, "7001", at, "Okonkwo^Ada"), strings.Replace(message(trigger, "7002", at, "Penhaligon^Sue"), "19480314", "19710612", 1)
		cut := func(text string) string { return text[strings.Index(text, "PID|"):strings.Index(text, "PV1|")] }
		return first[:strings.Index(first, "PID|")] + cut(first) + cut(second)
	}
	w.mustSend(two("ADT^A24", "20260602080000"))
	w.applied()
	if w.whoIs("7002") != w.whoIs("7001") || w.patientOf("7002").Resource.Get("active").Text() == "false" {
		t.Errorf("after the link: %s, %s", w.whoIs("7002"), w.patientOf("7002").Resource.JSON())
	}
	w.mustSend(two("ADT^A37", "20260603080000"))
	w.applied()
	if w.whoIs("7001") != p || w.whoIs("7002") != q {
		t.Errorf("after the unlink: %s and %s, once %s and %s", w.whoIs("7001"), w.whoIs("7002"), p, q)
	}
	w.mustSend(two("ADT^A37", "20260604080000"))
	w.applied()
	w.clean()
}

// TestVisitNumberChanges: A50 keeps the visit and its resource under another
// number.
func TestVisitNumberChanges(t *testing.T) {
	w := newWard(t)
	w.apply()
	first := message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada")
	w.mustSend(first)
	w.applied()
	again := strings.Replace(message("ADT^A50", "7001", "20260602080000", "Okonkwo^Ada"), "|V7001", "|V9009", 1)
	w.mustSend(strings.Replace(again, "PV1|", "MRG|7001^^^R1K^MR||||V7001\rPV1|", 1))
	w.applied()
	prior, err := w.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "R1K"}, access.Reason{Purpose: access.DirectCare}).
		Prior(w.ctx, "7001", []record.KeyRef{{Type: "Encounter", Key: "visit|V9009"}, {Type: "Encounter", Key: "visit|V7001"}})
	if err != nil || prior.ByKey[record.KeyRef{Type: "Encounter", Key: "visit|V9009"}] == nil || prior.ByKey[record.KeyRef{Type: "Encounter", Key: "visit|V7001"}] != nil {
		t.Errorf("the visit is under %v, %v", prior.ByKey, err)
	}
	w.clean()
}

package intake

import (
	"slices"
	"strings"
	"testing"

	"concord/record"
	"concord/standard/fhir"
)

// stood is a hospital with two entries: 7001 with two visits, V7001 of account A1 and
// alternate number X1, and V7001b of A2; and 7002 with V7002 of account A9.
func stood(t *testing.T) *ward {
	w := newWard(t)
	w.apply()
	w.mustSend(alternate(withAccount(message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada"), "A1"), "X1"))
	w.mustSend(strings.Replace(withAccount(message("ADT^A01", "7001", "20260602080000", "Okonkwo^Ada"), "A2"), "|V7001", "|V7001b", 1))
	w.mustSend(withAccount(message("ADT^A01", "7002", "20260601090000", "Okonkwo^A"), "A9"))
	w.applied()
	return w
}

// alternate gives a message's visit its number in PV1-50.
func alternate(text, number string) string {
	return strings.TrimSuffix(text, "\r") + strings.Repeat("|", 31) + number + "\r"
}

// numbered lists the numbers of one kind of the visits that an entry's own chart shows,
// in order.
func (w *ward) numbered(number, kind string) []string {
	w.t.Helper()
	c, err := w.hospital().Chart(w.ctx, w.patientOf(number).ID, record.ChartQuery{Sections: []record.Section{{Type: "Encounter"}}})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, it := range c.Sections[0] {
		for id := range it.Resource.Get("identifier").Each() {
			if strings.HasSuffix(id.StrAt("system"), ":"+kind) {
				out = append(out, id.StrAt("value"))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (w *ward) holds(what string, got []string, want ...string) {
	w.t.Helper()
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// goesOn tells that one number goes on under another, and that both are one person.
func (w *ward) goesOn(what, old, now string) {
	w.t.Helper()
	gone, lives := w.patientOf(old), w.patientOf(now)
	if gone.Resource.Get("active").Text() != "false" || gone.Resource.StrAt("link.0.type") != "replaced-by" || lives.Resource.StrAt("link.0.type") != "replaces" || w.whoIs(old) != w.whoIs(now) {
		w.t.Errorf("%s: %s and %s", what, gone.Resource.JSON(), lives.Resource.JSON())
	}
}

// TestPatientsMerge: A30, A40 and A47 make one number go on under the other, with the
// visits of both in the person's record.
func TestPatientsMerge(t *testing.T) {
	for _, trigger := range []string{"A30", "A40", "A47"} {
		t.Run(trigger, func(t *testing.T) {
			w := stood(t)
			w.mustSend(moving("ADT^"+trigger, "7001", "20260603080000", "Okonkwo^Ada", "", "MRG|7002^^^R1K^MR\r"))
			w.applied()
			w.goesOn(trigger, "7002", "7001")
			w.holds("visits stay", w.numbered("7001", "visit-number"), "V7001", "V7001b")
			w.holds("under each number", w.numbered("7002", "visit-number"), "V7002")
			w.clean()
		})
	}
}

// TestPatientAndAccountMerge: A36 merges the numbers, and the account (MRG-3) too: its
// visits, filed under the old number, are of the account in PID-18 from then on. An
// account that nobody has heard of does not hinder it.
func TestPatientAndAccountMerge(t *testing.T) {
	w := stood(t)
	ref := w.encounters("7002")["V7002"]
	w.mustSend(moving("ADT^A36", "7001", "20260603080000", "Okonkwo^Ada", "A1", "MRG|7002^^^R1K^MR||A9\r"))
	w.applied()
	w.goesOn("A36", "7002", "7001")
	w.holds("the account went along", w.numbered("7002", "account-number"), "A1")
	w.holds("accounts of the survivor", w.numbered("7001", "account-number"), "A1", "A2")
	if w.encounters("7002")["V7002"] != ref {
		t.Error("the visit is another resource now")
	}
	w.mustSend(moving("ADT^A36", "7001", "20260604080000", "Okonkwo^Ada", "A1", "MRG|7003^^^R1K^MR||A77\r"))
	w.applied()
	w.goesOn("A36 of what is not known", "7003", "7001")
	w.clean()
}

// TestAccountsMerge: A41 makes two accounts one, A35 and A49 rename one, A51 gives
// another alternate visit number.
func TestAccountsMerge(t *testing.T) {
	w := stood(t)
	w.mustSend(moving("ADT^A41", "7001", "20260603080000", "Okonkwo^Ada", "A2", "MRG|7001^^^R1K^MR||A1\r"))
	w.applied()
	w.holds("A41", w.numbered("7001", "account-number"), "A2", "A2")
	w.mustSend(moving("ADT^A35", "7002", "20260603080000", "Okonkwo^A", "A10", "MRG|7002^^^R1K^MR||A9\r"))
	w.applied()
	w.holds("A35", w.numbered("7002", "account-number"), "A10")
	pv1 := alternate("PV1|1|I|||||||||||||||||V7001\r", "X2")
	w.mustSend(moving("ADT^A51", "7001", "20260604080000", "Okonkwo^Ada", "", "MRG|7001^^^R1K^MR|||||X1\r"+pv1))
	w.applied()
	w.holds("A51", w.numbered("7001", "alternate-visit"), "X2")
	w.holds("visits", w.numbered("7001", "visit-number"), "V7001", "V7001b")
	w.clean()
}

// TestVisitsMerge: A42 leaves one visit: what was recorded during the other names it,
// the other's id leads to it, and says why. Without the other it gives the visit its
// number, as A50 does; and a visit of another number that was merged comes along.
func TestVisitsMerge(t *testing.T) {
	w := stood(t)
	before := w.encounters("7001")
	obs := w.recordedIn("7001", before["V7001"])
	merge := func(number, at, now, old string) string {
		return moving("ADT^A42", number, at, "Okonkwo^Ada", "", "MRG|7001^^^R1K^MR||||"+old+"\rPV1|1|I|||||||||||||||||"+now+"\r")
	}
	w.mustSend(merge("7001", "20260603080000", "V7001b", "V7001"))
	w.applied()
	if got := w.encounters("7001"); len(got) != 1 || got["V7001b"] != before["V7001b"] {
		t.Fatalf("after A42: %v, once %v", got, before)
	}
	_, id, _ := strings.Cut(before["V7001"], "/")
	if it, err := w.hospital().Read(w.ctx, "Encounter", id); err != nil || it.Ref() != before["V7001b"] {
		t.Errorf("the old id leads to %v: %v", it, err)
	}
	if it, err := w.hospital().Read(w.ctx, "Observation", obs); err != nil || it.Resource.StrAt("encounter.reference") != before["V7001b"] {
		t.Errorf("what was recorded during it: %v %v", it, err)
	}
	w.mustSend(merge("7001", "20260604080000", "V900", "V7001b"))
	w.applied()
	w.holds("without the other", w.numbered("7001", "visit-number"), "V900")

	w.mustSend(moving("ADT^A40", "7001", "20260605080000", "Okonkwo^Ada", "", "MRG|7002^^^R1K^MR\r"))
	w.applied()
	there := w.recordedIn("7002", w.encounters("7002")["V7002"])
	w.mustSend(merge("7001", "20260606080000", "V900", "V7002"))
	w.applied()
	w.holds("of the number that was merged", w.numbered("7002", "visit-number"))
	w.holds("one is left", w.numbered("7001", "visit-number"), "V900")
	if it, err := w.hospital().Read(w.ctx, "Observation", there); err != nil || it.Resource.StrAt("encounter.reference") != w.encounters("7001")["V900"] ||
		it.Resource.StrAt("subject.reference") != "Patient/"+w.patientOf("7001").ID {
		t.Errorf("what was recorded during it came along: %v %v", it, err)
	}
	w.mustSend(merge("7001", "20260607080000", "V900", "V7002"))
	w.applied()
	w.holds("said again", w.numbered("7001", "visit-number"), "V900")
	w.clean()
}

// recordedIn files an observation of a visit and gives its id.
func (w *ward) recordedIn(number, visit string) string {
	w.t.Helper()
	body, err := fhir.ParseObject([]byte(`{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/` + w.patientOf(number).ID + `"},"encounter":{"reference":"` + visit + `"}}`))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.hospital().Transact(w.ctx, []record.Op{{Kind: record.Create, Type: "Observation", Resource: body}}, record.Commit{})
	if err != nil {
		w.t.Fatal(err)
	}
	return res[0].ID
}

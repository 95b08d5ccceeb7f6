package intake

import (
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
)

// moving is a message about the right number, with what stands in MRG and PV1.
func moving(trigger, number, event, name, account, rest string) string {
	text := message(trigger, number, event, name)
	text = text[:strings.Index(text, "PV1|")]
	pid := text[strings.Index(text, "PID|"):]
	filled := strings.TrimSuffix(pid, "\r") + strings.Repeat("|", 7) + account + "\r" // PID-11 is the last
	return strings.Replace(text, pid, filled, 1) + rest
}

// withAccount gives a message of a visit its account number in PID-18.
func withAccount(text, account string) string {
	i := strings.Index(text, "\rPV1|")
	return text[:i] + strings.Repeat("|", 7) + account + text[i:]
}

// hospital is R1K's own system, which reads what its feed wrote.
func (w *ward) hospital() *record.Errand {
	return w.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "R1K", Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, access.Reason{Purpose: access.DirectCare})
}

// encounters lists the visits that an entry's chart shows: number → reference.
func (w *ward) encounters(number string) map[string]string {
	w.t.Helper()
	c, err := w.hospital().Chart(w.ctx, w.patientOf(number).ID, record.ChartQuery{Sections: []record.Section{{Type: "Encounter"}}})
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, it := range c.Sections[0] {
		for id := range it.Resource.Get("identifier").Each() {
			if strings.HasSuffix(id.StrAt("system"), ":visit-number") {
				out[id.StrAt("value")] = it.Ref()
			}
		}
	}
	return out
}

// TestAccountMovesAndComesBack: A44 re-files the visits of an account, the same
// message the other way round brings them back under their old ids; a later
// message about a visit finds it where it is.
func TestAccountMovesAndComesBack(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(withAccount(message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada"), "A1"))
	w.mustSend(strings.Replace(withAccount(message("ADT^A01", "7001", "20260602080000", "Okonkwo^Ada"), "A2"), "|V7001", "|V7001b", 1))
	w.mustSend(strings.Replace(message("ADT^A28", "7002", "20260601080000", "Penhaligon^Sue"), "19480314", "19710612", 1))
	w.applied()
	before := w.encounters("7001")
	there := func(text string) string { return strings.Replace(text, "19480314", "19710612", 1) }
	w.mustSend(there(moving("ADT^A44", "7002", "20260603080000", "Penhaligon^Sue", "A1", "MRG|7001^^^R1K^MR||A1\r")))
	w.applied()
	if here, gone := w.encounters("7001"), w.encounters("7002"); len(here) != 1 || here["V7001b"] != before["V7001b"] || gone["V7001"] == "" || gone["V7001"] == before["V7001"] {
		t.Fatalf("after the move %v and %v, once %v", here, gone, before)
	}
	_, id, _ := strings.Cut(before["V7001"], "/")
	if it, err := w.hospital().Read(w.ctx, "Encounter", id); err != nil || it.Ref() != w.encounters("7002")["V7001"] {
		t.Errorf("the old id leads to %v: %v", it, err)
	}
	w.mustSend(there(strings.Replace(message("ADT^A08", "7002", "20260604080000", "Penhaligon^Sue"), "|V7002", "|V7001", 1)))
	w.applied()
	if got := w.encounters("7002"); len(got) != 1 {
		t.Errorf("a later message about the visit made another: %v", got)
	}
	w.mustSend(moving("ADT^A44", "7001", "20260605080000", "Okonkwo^Ada", "A1", "MRG|7002^^^R1K^MR||A1\r"))
	w.applied()
	if here, gone := w.encounters("7001"), w.encounters("7002"); len(gone) != 0 || here["V7001"] != before["V7001"] || here["V7001b"] != before["V7001b"] {
		t.Errorf("after the way back %v and %v, once %v", here, gone, before)
	}
	w.clean()
}

// TestWholeNumberMoves: A43 with another number in MRG-1 re-files everything;
// with the same one it leaves its person for that of the number above it.
func TestWholeNumberMoves(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada"))
	w.mustSend(strings.Replace(message("ADT^A28", "7002", "20260601080000", "Penhaligon^Sue"), "19480314", "19710612", 1))
	w.mustSend(message("ADT^A28", "7003", "20260601080000", "Okonkwo^Ada"))
	w.applied()
	w.mustSend(moving("ADT^A43", "7002", "20260603080000", "Penhaligon^Sue", "", "MRG|7001^^^R1K^MR\r"))
	w.applied()
	if here, gone := w.encounters("7001"), w.encounters("7002"); len(here) != 0 || gone["V7001"] == "" {
		t.Errorf("after the move %v and %v", here, gone)
	}
	rehome := func(to, from, at string) string {
		text := moving("ADT^A43", "7003", at, "Okonkwo^Ada", "", "MRG|7003^^^R1K^MR|||"+from+"^^^R1K^PI\r")
		return strings.Replace(text, "PID|1||", "PID|1|"+to+"^^^R1K^PI|", 1)
	}
	was := w.whoIs("7003")
	w.mustSend(rehome("7002", "7001", "20260604080000"))
	w.applied()
	if w.whoIs("7003") != w.whoIs("7002") || w.whoIs("7003") == w.whoIs("7001") {
		t.Errorf("7003 is of %s; 7001 of %s, 7002 of %s", w.whoIs("7003"), w.whoIs("7001"), w.whoIs("7002"))
	}
	w.mustSend(rehome("7001", "7002", "20260605080000"))
	w.applied()
	if w.whoIs("7003") == w.whoIs("7002") {
		t.Errorf("taken back, 7003 is still of %s, once %s", w.whoIs("7003"), was)
	}
	w.clean()
}

// TestVisitMovesBetweenAccounts: A45 within one patient changes the account of
// the visit, with another patient in MRG-1 its patient too; A49 renames.
func TestVisitMovesBetweenAccounts(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(withAccount(message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada"), "A1"))
	w.mustSend(strings.Replace(message("ADT^A28", "7002", "20260601080000", "Penhaligon^Sue"), "19480314", "19710612", 1))
	w.applied()
	ref := w.encounters("7001")["V7001"]
	account := func() string {
		_, id, _ := strings.Cut(ref, "/")
		it, err := w.hospital().Read(w.ctx, "Encounter", id)
		if err != nil {
			t.Fatal(err)
		}
		for id := range it.Resource.Get("identifier").Each() {
			if id.StrAt("system") == "urn:concord:R1K:account-number" {
				return id.StrAt("value")
			}
		}
		return ""
	}
	w.mustSend(moving("ADT^A45", "7001", "20260602080000", "Okonkwo^Ada", "A2", "MRG|||A1||V7001\rPV1|1|I|||||||||||||||||V7001\r"))
	w.applied()
	if got := account(); got != "A2" || w.encounters("7001")["V7001"] != ref {
		t.Errorf("after A45 the account is %q", got)
	}
	w.mustSend(moving("ADT^A49", "7001", "20260603080000", "Okonkwo^Ada", "A3", "MRG|7001^^^R1K^MR||A2\r"))
	w.applied()
	if got := account(); got != "A3" {
		t.Errorf("after A49 the account is %q", got)
	}
	w.mustSend(moving("ADT^A45", "7002", "20260604080000", "Penhaligon^Sue", "A9", "MRG|7001^^^R1K^MR||A3||V7001\rPV1|1|I|||||||||||||||||V8000\r"))
	w.applied()
	if here, there := w.encounters("7001"), w.encounters("7002"); len(here) != 0 || there["V8000"] == "" || account() != "A9" {
		t.Errorf("after A45 to another patient %v and %v, account %q", here, there, account())
	}
	prior, err := w.hospital().Prior(w.ctx, "7002", []record.KeyRef{{Type: "Encounter", Key: "visit|V8000"}})
	if err != nil || len(prior.ByKey) != 1 {
		t.Errorf("the feed does not find the visit under its new number: %v", err)
	}
	w.clean()
}

// TestMoveOfWhatIsNotKnown: such a message is parked, for somebody to look.
func TestMoveOfWhatIsNotKnown(t *testing.T) {
	for name, rest := range map[string]string{
		"number":  "MRG|7009^^^R1K^MR||A1\r",
		"account": "MRG|7001^^^R1K^MR||A9\r",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			w.apply()
			w.mustSend(withAccount(message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada"), "A1"))
			w.mustSend(moving("ADT^A44", "7002", "20260603080000", "Penhaligon^Sue", "A1", rest))
			rows := w.settled()
			if last := rows[len(rows)-1]; last.State != record.Parked || last.Code != "intake.move" {
				t.Errorf("%+v", last)
			}
			if w.patientOf("7002") != nil {
				t.Error("a parked message left something behind")
			}
			w.clean()
		})
	}
}

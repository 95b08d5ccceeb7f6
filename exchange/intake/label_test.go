package intake

import (
	"fmt"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// TestMessagesKeepLabels: what was marked or sealed since the last message is so
// after the next one, which knows nothing of it: where a person in danger has moved
// to, and a result that was corrected.
func TestMessagesKeepLabels(t *testing.T) {
	w := newWard(t)
	w.apply()
	result := func(status, value, at string) string {
		return strings.Join([]string{
			`MSH|^~\&|LIMS|R1K|CONCORD|NWL|` + at + `||ORU^R01|` + fmt.Sprint("L", lastControl.Add(1)) + `|P|2.4`,
			`PID|1||1^^^R1K^MR||Okonkwo^Ada||19480314|F`,
			`OBR|1|P1|F1|LIP^Lipids|||20260601090000||||||||||||||||||` + status,
			`OBX|1|NM|CHOL^Cholesterol||` + value + `|mmol/L|||||` + status + `|||20260601090000`,
		}, "\r") + "\r"
	}
	w.mustSend(message("ADT^A01", "1", "20260601080000", "Okonkwo^Ada"))
	w.mustSend(result("F", "5.1", "20260601100000"))
	w.settled()
	own := w.hospital()
	versions := map[string]int64{}
	each := func(f func(it *record.Item)) {
		t.Helper()
		c, err := own.Everything(w.ctx, w.patientOf("1").ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		f(w.patientOf("1"))
		for _, section := range c.Sections {
			for _, it := range section {
				if it.Type != "Provenance" {
					f(it)
				}
			}
		}
	}
	each(func(it *record.Item) {
		versions[it.Ref()] = it.Version + 1
		op := record.Op{Kind: record.Patch, Type: it.Type, ID: it.ID, Change: func(v *fhir.Value) (*fhir.Value, error) {
			mark := fhir.Obj("system", access.Confidentiality, "code", "R")
			return v.With("meta", v.Get("meta").With("security", fhir.Arr(mark))), nil
		}}
		if _, err := own.Transact(w.ctx, []record.Op{op}, record.Commit{}); err != nil {
			t.Fatal(err)
		}
	})
	w.mustSend(strings.Replace(message("ADT^A08", "1", "20260602080000", "Okonkwo^Ada"), "1 High St", "99 Refuge Road", 1))
	w.mustSend(result("C", "6.2", "20260602100000"))
	w.settled()
	written := map[string]bool{}
	each(func(it *record.Item) {
		if versions[it.Ref()] == 0 {
			return // new since
		}
		if it.Version > versions[it.Ref()] {
			written[it.Type] = true
		}
		if it.Resource.StrAt("meta.security.0.code") != "R" {
			t.Errorf("%s lost its label: %s", it.Ref(), it.Resource.JSON())
		}
	})
	for _, typ := range []string{"Patient", "Observation", "DiagnosticReport"} {
		if !written[typ] {
			t.Errorf("no %s was written again: %v", typ, written)
		}
	}
	w.clean()
}

// TestMessagesMark: what a message says of protection, VIP and consent to sharing is
// the same state as what a privacy officer sets; a message that says less, or no,
// takes no label away, and consent that is given ends the objection.
func TestMessagesMark(t *testing.T) {
	w := newWard(t)
	w.apply()
	says := func(trigger, at, pd1, pv1, con string) string {
		text, _, _ := strings.Cut(message("ADT^"+trigger, "1", at, "Okonkwo^Ada"), "PV1|")
		text += "PD1||||||||||||" + pd1 + "\rPV1|1|N||||||||||||||" + pv1 + "\r"
		if con != "" {
			text += "CON|1|shared-record^^urn:concord:objection|||||||||" + con + "\r"
		}
		return text
	}
	marks := func() (access.Marks, string) {
		t.Helper()
		w.settled()
		p := w.patientOf("1")
		c, err := w.hospital().Everything(w.ctx, p.ID, []string{"Consent"})
		if err != nil {
			t.Fatal(err)
		}
		status := ""
		for _, section := range c.Sections {
			for _, it := range section {
				if it.Type == "Consent" {
					status += it.Resource.StrAt("category.0.coding.0.code") + " " + it.Resource.StrAt("status")
				}
			}
		}
		return access.MarksOf("Patient", p.Resource.Path("meta.security")), status
	}
	w.mustSend(says("A28", "20260601080000", "", "", "A"))
	if m, consent := marks(); m.Restricted || m.Watched || consent != "" {
		t.Errorf("said nothing: %+v %q", m, consent)
	}
	w.mustSend(says("A31", "20260602080000", "Y", "EMP", "R"))
	if m, consent := marks(); !m.Restricted || !m.Employee || consent != "shared-record active" {
		t.Errorf("said yes: %+v %q", m, consent)
	}
	w.mustSend(says("A31", "20260603080000", "N", "", ""))
	if m, consent := marks(); !m.Restricted || !m.Employee || consent != "shared-record active" {
		t.Errorf("said no more: %+v %q", m, consent)
	}
	w.mustSend(says("A31", "20260604080000", "", "", "A"))
	if m, consent := marks(); !m.Restricted || consent != "shared-record inactive" {
		t.Errorf("consent given: %+v %q", m, consent)
	}
	w.mustSend(says("A31", "20260602090000", "", "", "R")) // came late
	if _, consent := marks(); consent != "shared-record inactive" {
		t.Errorf("an older message: %q", consent)
	}
	w.mustSend(says("A31", "20260602090000", "", "VIP", "")) // came late, and marks all the same
	if m, _ := marks(); !m.Watched {
		t.Errorf("an older message marks: %+v", m)
	}
	w.clean()
}

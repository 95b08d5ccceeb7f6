package intake

import (
	"fmt"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
)

// TestMessagesComeUnderASeal: a result and a stay that a message brings after their
// code was sealed are sealed when they come, with the report's results, also after a
// correction, and another code's is open.
func TestMessagesComeUnderASeal(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(message("ADT^A01", "1", "20260601080000", "Okonkwo^Ada"))
	w.settled()
	officer := w.desk.For(access.Requester{ID: "officer", Role: access.Privacy, Org: "R1K"}, access.Reason{Purpose: access.Administration})
	for _, code := range []string{"http://loinc.org|24111-7", "http://terminology.hl7.org/CodeSystem/v2-0069|360"} {
		if _, err := officer.Mark(w.ctx, record.MarkAsked{Patient: w.patientOf("1").ID, Do: record.Seal, Code: code}, "the patient asked for it by letter"); err != nil {
			t.Fatal(err)
		}
	}
	result := func(order, code, status, at string) string {
		return strings.Join([]string{
			`MSH|^~\&|LIMS|R1K|CONCORD|NWL|` + at + `||ORU^R01|` + fmt.Sprint("S", lastControl.Add(1)) + `|P|2.4`,
			`PID|1||1^^^R1K^MR||Okonkwo^Ada||19480314|F`,
			`OBR|1|` + order + `|F` + order + `|` + code + `|||20260601090000||||||||||||||||||` + status,
			`OBX|1|ST|NOTE^Remark||seen ` + status + `||||||` + status + `|||20260601090000`,
		}, "\r") + "\r"
	}
	w.mustSend(result("1", "24111-7^Gonorrhoea^LN", "F", "20260601100000"))
	w.mustSend(result("1", "24111-7^Gonorrhoea^LN", "C", "20260601110000"))
	w.mustSend(result("2", "LIP^Lipids", "F", "20260601120000"))
	w.mustSend(strings.Replace(message("ADT^A01", "1", "20260602080000", "Okonkwo^Ada"), "WARD1^A^1||||||||||||||||", "WARD1^A^1|||||||360|||||||||", 1))
	w.settled()
	c, err := w.hospital().Everything(w.ctx, w.patientOf("1").ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	scopes, _ := access.ParseScopes("system/*.rs")
	other := w.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "RQM", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
	seen := map[string]int{}
	for _, section := range c.Sections {
		for _, it := range section {
			said := it.Type
			if text := string(it.Resource.JSON()); strings.Contains(text, "24111-7") || strings.Contains(text, `"360"`) || strings.Contains(text, "Gonorrhoea") {
				said += ", sealed code"
			}
			_, err := other.Read(w.ctx, it.Type, it.ID)
			if err != nil && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Withheld) {
				t.Errorf("%s: %v", it.Ref(), err)
			}
			if strings.Contains(said, "sealed code") == (err == nil) && it.Type != "Consent" {
				t.Errorf("%s (%s): %v, labels %v", it.Ref(), said, err, access.LabelsOn(it.Resource))
			}
			if it.Type == "Observation" && len(access.LabelsOn(it.Resource)) > 0 {
				said = "result, sealed with its report"
			}
			seen[said]++
		}
	}
	for _, want := range []string{"DiagnosticReport, sealed code", "Encounter, sealed code", "result, sealed with its report", "DiagnosticReport", "Observation"} {
		if seen[want] == 0 {
			t.Errorf("no %s: %v", want, seen)
		}
	}
	w.clean()
}

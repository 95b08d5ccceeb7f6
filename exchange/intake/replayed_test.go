package intake

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"concord/record"
)

// weekOf is what a feed says of a patient and plays again: an allergy, a document, a
// result, an appointment and an order.
func weekOf(control string) []string {
	head := func(typ, n, at string) string {
		return "MSH|^~\\&|PAS|R1K|||" + at + "||" + typ + "|" + control + n + "|P|2.4\r"
	}
	const pid = "PID|1||1^^^R1K^MR||Okonkwo^Ada||19480314|F\r"
	return []string{
		head("ADT^A31", "1", "20260601080000") + "EVN|A31|20260601080000\r" + pid + "AL1|1|DA|PEN^Penicillin|SV|Rash\r",
		head("MDM^T02", "2", "20260601090000") + "EVN|T02|20260601090000\r" + pid + "PV1|1|O\rTXA|1|CL^Clinic letter|TX|20260601090000||||||||D1|||||LA\rOBX|1|TX|B^Body||Dear colleague||||||F\r",
		head("ORU^R01", "3", "20260601100000") + pid + "OBR|1|P1|F1|FBC^Full blood count|||202606010800|||||||||||||||20260601100000||HM|F\rOBX|1|NM|HB^Haemoglobin||120|g/L|115-165||||F|||202606010800\r",
		head("SIU^S12", "4", "20260601110000") + "SCH|S1|S1||||S12|REV^Review|CLIN^Clinic|20|MIN|^^20^20260701100000|||||||||||||Booked\r" + pid + "RGS|1|A\rAIL|1|A|CLIN1^^^R1K\r",
		head("ORM^O01", "5", "20260601120000") + pid + "ORC|NW|P2|||SC\rOBR|1|P2||FBC^Full blood count|||202606011200\r",
	}
}

// TestWeekPlayedAgain: what a feed plays again under new control ids, with the times
// that it had, makes no version of anything.
func TestWeekPlayedAgain(t *testing.T) {
	w := newWard(t)
	w.apply()
	state := func() map[string]int64 {
		out := map[string]int64{}
		for _, typ := range []string{"Patient", "AllergyIntolerance", "DocumentReference", "DiagnosticReport", "Observation", "Appointment", "ServiceRequest"} {
			found, err := w.operator().Search(w.ctx, record.Asked{Types: []string{typ}})
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range found.Matches {
				out[it.Ref()] = it.Version
			}
		}
		return out
	}
	for _, m := range weekOf("a") {
		w.mustSend(m)
	}
	w.settled()
	before := state()
	if len(before) < 7 {
		t.Fatalf("the week made %v", before)
	}
	for _, m := range append(weekOf("b"), weekOf("c")[:3]...) {
		w.mustSend(m)
	}
	for _, m := range w.settled() {
		if again := !strings.HasPrefix(m.Control, "a"); m.State != record.Applied || (m.Text == record.ChangedNothing) != again {
			t.Errorf("%s is %v: %q %s", m.Control, m.State, m.Text, m.Code)
		}
	}
	if after := state(); !maps.Equal(before, after) {
		t.Errorf("versions %v became %v", before, after)
	}
	w.clean()
}

// TestSaidAgainLater: what is said again as it was holds from the later moment on: what
// was said between, and comes last, does not take its place.
func TestSaidAgainLater(t *testing.T) {
	at := func(control, hour, from, to string, i int) string {
		m := weekOf(control)[i]
		m = strings.ReplaceAll(m, fmt.Sprintf("202606010%d0000||", 8+i), hour+"||")
		m = strings.ReplaceAll(m, fmt.Sprintf("20260601%02d0000||", 8+i), hour+"||")
		m = strings.ReplaceAll(m, fmt.Sprintf("|20260601%02d0000\r", 8+i), "|"+hour+"\r")
		return strings.ReplaceAll(m, from, to)
	}
	for i, c := range []struct{ name, path, from, to string }{
		{"allergy", "criticality", "|SV|", "|MI|"},
		{"document", "type.coding.0.code", "CL^Clinic letter", "DS^Discharge summary"},
		{"result", "valueQuantity.value", "||120|", "||99|"},
		{"appointment", "start", "20260701100000", "20260702100000"},
		{"order", "code.coding.0.code", "FBC^Full blood count", "UE^Urea and electrolytes"},
	} {
		s := newShelf(t)
		says := func() map[string]string {
			out := map[string]string{}
			for name, v := range s.kept {
				if text := v.StrAt(c.path) + string(v.Path(c.path).JSON()); v.Type() != "Patient" {
					out[name] = text
				}
			}
			return out
		}
		s.take(t, at("a", "20260601130000", "", "", i))
		first := says()
		s.take(t, at("b", "20260601150000", "", "", i))
		s.take(t, at("c", "20260601140000", c.from, c.to, i))
		if now := says(); !maps.Equal(first, now) {
			t.Errorf("%s: %v became %v", c.name, first, now)
		}
		s.take(t, at("d", "20260601160000", c.from, c.to, i))
		if now := says(); maps.Equal(first, now) {
			t.Errorf("%s: a later change changed nothing: %v", c.name, now)
		}
	}
}

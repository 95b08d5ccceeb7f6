package intake

import (
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
)

// TestReusedNumberIsNoticed: a trust that gives a hospital number to another
// person, of the same sex too, raises an alarm for the stewards, whatever message
// brings it; a marriage, a correction and a move do not.
func TestReusedNumberIsNoticed(t *testing.T) {
	const ada, sue = "9990000018", "9990000026" // made up
	text := func(trigger, number, event, name, born, nhs string) string {
		out := strings.Replace(message(trigger, number, event, name), "19480314", born, 1)
		return strings.Replace(out, "^^^R1K^MR", "^^^R1K^MR~"+nhs+"^^^NHS^NH", 1)
	}
	for _, c := range []struct {
		name              string
		trigger, who      string
		born, nhs, street string
		want              bool
	}{
		{"A31", "ADT^A31", "Penhaligon^Sue", "19901102", sue, "5 Low Rd", true},
		{"A08", "ADT^A08", "Penhaligon^Sue", "19901102", sue, "5 Low Rd", true},
		{"A28", "ADT^A28", "Penhaligon^Sue", "19901102", sue, "5 Low Rd", true},
		{"A01, with the old number", "ADT^A01", "Penhaligon^Sue", "19901102", ada, "5 Low Rd", true},
		{"the twin's number and name", "ADT^A31", "Okonkwo^Chidi", "19480314", sue, "1 High St", true},
		{"a marriage and a move", "ADT^A31", "Penhaligon^Ada", "19480314", ada, "5 Low Rd", false},
		{"a digit of the birth date", "ADT^A08", "Okonkwo^Ada", "19480315", ada, "1 High St", false},
		{"the number corrected", "ADT^A31", "Okonkwo^Ada", "19480314", sue, "1 High St", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWard(t)
			w.apply()
			w.mustSend(text("ADT^A28", "7001", "20260601080000", "Okonkwo^Ada", "19480314", ada))
			w.applied()
			w.mustSend(strings.Replace(text(c.trigger, "7001", "20260701080000", c.who, c.born, c.nhs), "1 High St", c.street, 1))
			w.applied()
			for more := true; more; {
				var err error
				if more, err = w.desk.Watch(w.ctx); err != nil {
					t.Fatal(err)
				}
			}
			steward := w.desk.For(access.Requester{ID: "u-stew", Role: access.Steward, Org: "R1K"}, access.Reason{Purpose: access.Integrity})
			alarms, err := steward.Alarms(w.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(alarms) == 1 && alarms[0].Kind == person.SuddenChange && alarms[0].Shown[0].ID == w.patientOf("7001").ID; got != c.want || len(alarms) > 1 {
				t.Errorf("%d alarms: %+v", len(alarms), alarms)
			}
			w.clean()
		})
	}
}

// TestAnotherTrustHasWrittenTheNumber: a Patient that another trust's system wrote with
// our hospital number does not hold up our feed, which makes its own entry.
func TestAnotherTrustHasWrittenTheNumber(t *testing.T) {
	w := newWard(t)
	w.apply()
	other := w.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "RAS", Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, access.Reason{Purpose: access.DirectCare})
	body, err := fhir.ParseObject([]byte(`{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"7001"},{"system":"urn:concord:RAS:hospital-number","value":"31"}],"name":[{"family":"Penhaligon"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := other.Transact(w.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: body}}, record.Commit{})
	if err != nil {
		t.Fatal(err)
	}
	w.mustSend(message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada"))
	w.mustSend(message("ADT^A08", "7001", "20260602080000", "Okonkwo^Adaeze"))
	w.applied()
	own := w.patientOf("7001")
	if own == nil || own.ID == res[0].ID || own.Resource.StrAt("name.0.given.0") != "Adaeze" || len(w.encounters("7001")) != 1 {
		t.Errorf("the feed's own entry: %+v", own)
	}
	w.clean()
}

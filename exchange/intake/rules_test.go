package intake

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

func tableOfR1K() *crosswalk.Table {
	return &crosswalk.Table{Trust: "R1K", Version: "R1K.7", Codes: map[crosswalk.Key]crosswalk.Target{
		{Kind: crosswalk.Results, Code: "GLUR"}:     {System: "urn:concord:QRV:code", Code: "GLU", Display: "Glucose", Unit: "mmol/L", MolarMass: "180.156"},
		{Kind: crosswalk.Units, Code: "mg/dl"}:      {System: "http://unitsofmeasure.org", Code: "mg/dL"},
		{Kind: crosswalk.Wards, Code: "NPCRI"}:      {System: "urn:concord:R1K:location", Code: "Crick", Display: "Crick ward"},
		{Kind: crosswalk.Clinics, Code: "CARD1"}:    {System: "urn:concord:R1K:clinic", Code: "cardiology", Display: "Cardiology clinic"},
		{Kind: crosswalk.Staff, Code: "DRX"}:        {System: "https://fhir.hl7.org.uk/Id/consultant-code", Code: "C9990001", Display: "Dr A Example"},
		{Kind: crosswalk.Specialties, Code: "CARD"}: {System: "urn:tfc", Code: "320", Display: "Cardiology"},
		{Kind: crosswalk.Orders, Code: "UE"}:        {System: "urn:concord:QRV:code", Code: "UEC", Display: "Urea, electrolytes"},
	}}
}

// TestRulesThatCannotBeRead: messages of an organisation whose rules cannot be read
// wait, and those of others do not; when they can be read, what waited is written by
// them, in order.
func TestRulesThatCannotBeRead(t *testing.T) {
	w := newWard(t, FeedSetting{Sender: "LAB", Facility: "R1K", Name: "lab", Trust: "R1K"}, FeedSetting{Sender: "LAB", Facility: "RQM", Name: "other", Trust: "RQM"})
	var broken atomic.Bool
	broken.Store(true)
	w.applier.GoBy(func(context.Context) (*Rules, error) {
		r := &Rules{Tables: map[string]*crosswalk.Table{"R1K": tableOfR1K()}, Broken: map[string]error{}}
		if broken.Load() {
			r.Tables, r.Broken["R1K"] = nil, fault.New(fault.Internal, "test.broken", "it cannot be read")
		}
		return r, nil
	})
	w.apply()
	take := func(facility, id string) {
		t.Helper()
		text := "MSH|^~\\&|LAB|" + facility + "|C|N|20261126100000||ORU^R01|" + id + "|P|2.4\rPID|1||H1^^^X^MR||Example^Ada\rOBR|1|P" + id + "|F" + id + "|UE^U&E|||20261126080500||||||||||||||||||F\rOBX|1|NM|GLUR^Glucose^L||126|mg/dl|||||F\r"
		if ack := w.receiver.Receive(w.ctx, []byte(text), nil); !strings.Contains(string(ack), "|AA|") {
			t.Fatalf("%s", ack)
		}
	}
	take("R1K", "1")
	take("R1K", "2")
	take("RQM", "3")
	states := func() string {
		rows, err := w.operator().Messages(w.ctx, record.MessageFilter{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for i := len(rows) - 1; i >= 0; i-- {
			out += map[record.State]string{record.Received: "waits ", record.Applied: "applied ", record.Parked: "parked "}[rows[i].State]
		}
		return out
	}
	until := func(want string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); states() != want; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("messages are %s, not %s", states(), want)
			}
		}
	}
	until("waits waits applied ")
	broken.Store(false)
	if err := w.marks("R1K"); err != nil {
		t.Fatal(err)
	}
	until("applied applied applied ")
	row, err := w.operator().MessageHead(w.ctx, 1)
	if err != nil || !strings.Contains(string(row.Detail), `"crosswalk":"R1K.7"`) {
		t.Errorf("%s %v", row.Detail, err)
	}
}

// TestPlaceMappedDuringAStay: a ward that is mapped while a patient lies there is the
// same ward: nobody has moved.
func TestPlaceMappedDuringAStay(t *testing.T) {
	w := newWard(t, FeedSetting{Sender: "PAS", Facility: "R1K", Name: "pas", Trust: "R1K"})
	var table atomic.Pointer[crosswalk.Table]
	w.applier.GoBy(func(context.Context) (*Rules, error) {
		return &Rules{Tables: map[string]*crosswalk.Table{"R1K": table.Load()}}, nil
	})
	w.apply()
	say := func(event, id, at, place string) {
		t.Helper()
		text := "MSH|^~\\&|PAS|R1K|C|N|" + at + "||ADT^" + event + "|" + id + "|P|2.4\rEVN||" + at + "\rPID|1||H1^^^X^MR||Example^Ada\rPV1|1|I|" + place + "||||DRX^Example^Ada|||CARD|||||||||V1|||||||||||||||||||||||||20261120093000\r"
		if ack := w.receiver.Receive(w.ctx, []byte(text), nil); !strings.Contains(string(ack), "|AA|") {
			t.Fatalf("%s", ack)
		}
		w.settled()
	}
	say("A01", "1", "20261120093000", "NPCRI^Bay 1^Bed 2")
	table.Store(tableOfR1K())
	if err := w.marks("R1K"); err != nil {
		t.Fatal(err)
	}
	say("A08", "2", "20261121093000", "NPCRI^Bay 1^Bed 2")
	say("A02", "3", "20261121103000", "NPCRI^Bay 1^Bed 2")
	e := w.one("Encounter")
	if n := e.Get("location").Len(); n != 1 || e.StrAt("location.0.status") != "active" {
		t.Errorf("the patient lay in %s", e.Get("location").JSON())
	}
	if e.StrAt("participant.0.individual.identifier.value") != "C9990001" || e.StrAt("serviceType.coding.0.code") != "320" || e.StrAt("meta.tag.0.code") != "R1K.7" {
		t.Errorf("%s", e.JSON())
	}
	say("A02", "4", "20261122103000", "NPCRI^Bay 1^Bed 5")
	if e = w.one("Encounter"); e.Get("location").Len() != 2 || e.StrAt("location.1.location.identifier.value") != "Crick/Bay 1/Bed 5" {
		t.Errorf("the patient lay in %s", e.Get("location").JSON())
	}
}

// marks tells appliers that an organisation's rules were applied.
func (w *ward) marks(org string) error {
	return w.desk.For(access.Requester{ID: "channels", Role: access.System, Org: org}, access.Reason{Purpose: access.DirectCare}).MarkApplied(w.ctx)
}

// one is the only resource of a type.
func (w *ward) one(typ string) *fhir.Value {
	w.t.Helper()
	found, err := w.operator().Search(w.ctx, record.Asked{Types: []string{typ}, Form: url.Values{}})
	if err != nil || len(found.Matches) != 1 {
		w.t.Fatalf("%d of %s, %v", len(found.Matches), typ, err)
	}
	v, err := found.Matches[0].Full()
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

package feed

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/demo"
	"concord/exchange/feed/channel"
	"concord/exchange/intake"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// hospital is a record that takes HL7 v2 in.
type hospital struct {
	*stage
	receiver *intake.Receiver
}

func newHospital(t testing.TB) *hospital {
	s := newStage(t)
	var settings []intake.FeedSetting
	for _, f := range demo.Feeds() {
		settings = append(settings, intake.FeedSetting{Sender: f.Sender, Facility: f.Facility, Name: f.Name, Trust: f.Trust})
	}
	table, err := intake.NewFeeds(settings, s.desk.Zone())
	if err != nil {
		t.Fatal(err)
	}
	var applier *intake.Applier
	h := &hospital{s, intake.NewReceiver(s.desk, table, time.Now, func() { applier.Wake() })}
	applier = intake.NewApplier(s.desk, h.receiver, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() { defer close(done); applier.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return h
}

func (h *hospital) take(raw []byte) {
	h.t.Helper()
	m, err := hl7v2.Parse(h.receiver.Receive(h.ctx, raw, nil))
	if err != nil || m.Get("MSA-1") != "AA" && m.Get("MSA-1") != "CA" {
		h.t.Fatalf("a message was not taken: %v\n%s", err, strings.ReplaceAll(string(raw), "\r", "\n"))
	}
}

// settled waits until all is applied; nothing may be parked.
func (h *hospital) settled() {
	h.t.Helper()
	h.eventually("everything is applied", func() bool {
		waiting := int64(0)
		feeds, err := h.engineer("RQM").Feeds(h.ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, f := range feeds {
			waiting += f.ByState[record.Received]
			if n := f.ByState[record.Parked]; n > 0 {
				list, _ := h.engineer("RQM").Messages(h.ctx, record.MessageFilter{States: []record.State{record.Parked}, Limit: 3})
				for _, m := range list {
					h.t.Errorf("%s was parked: %s %s %s", m.Trigger, m.Code, m.Place, m.Text)
				}
				h.t.FailNow()
			}
		}
		return waiting == 0
	})
}

// TestReadBack: the whole of a hospital's record, sent out by a channel and
// taken in by another record, says the same of every patient, visit, report and
// document. So what a departmental system reads is what the record says.
func TestReadBack(t *testing.T) {
	a, b := newHospital(t), newHospital(t)
	set, problems := channel.Read(map[string][]byte{"a.yaml": []byte("destinations: [{name: copy, folder: /tmp}]\nchannels: [{name: all, source: {changes: record}, map: {version: '2.5.1'}, destinations: [copy]}]\n")}, "RQM")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := a.system().Release(a.ctx, []record.Cursor{{Channel: "all"}}, nil); err != nil {
		t.Fatal(err)
	}
	stage, err := demo.NewStage(demo.DefaultSeed, time.Date(2026, 11, 18, 14, 30, 0, 0, a.desk.Zone()))
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for life, err := range stage.Lives(200) {
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range life.Messages {
			if m.Trust == "RQM" {
				a.take([]byte(m.Text))
				sent++
			}
		}
	}
	a.settled()
	f := newFiller(a.system(), a.desk.Zone(), time.Now, func(map[string]bool) {})
	for more := true; more; {
		if more, err = f.step(a.ctx, []*channel.Channel{&set.Channels[0]}); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range a.of("copy", record.Returned) {
		t.Errorf("%s cannot be sent: %s %s %s", m.Trigger, m.Code, m.Place, m.Text)
	}
	kinds := map[string]int{}
	for after := int64(0); ; {
		list, err := a.system().Queued(a.ctx, "copy", after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, m := range list {
			after = m.Seq
			kinds[m.Trigger]++
			b.take(m.Raw)
		}
	}
	b.settled()
	t.Logf("%d messages in, out %v", sent, kinds)
	for _, typ := range []string{"Patient", "Encounter", "DiagnosticReport", "Observation", "DocumentReference"} {
		said, read := a.say(typ), b.say(typ)
		if len(said) < 20 {
			t.Errorf("only %d of %s: the test shows little", len(said), typ)
		}
		wrong := 0
		for key, want := range said {
			if got := read[key]; got != want {
				if wrong++; wrong < 4 {
					t.Errorf("%s %s\n  said %s\n  read %s", typ, key, want, got)
				}
			}
		}
		for key := range read {
			if _, ok := said[key]; !ok {
				t.Errorf("%s %s was never said", typ, key)
			}
		}
	}
}

// say is what a record says of each resource of a type, by its number.
func (h *hospital) say(typ string) map[string]string {
	h.t.Helper()
	out := map[string]string{}
	ask := record.Asked{Types: []string{typ}, Form: url.Values{"_count": {"1000"}}}
	for {
		found, err := h.system().Search(h.ctx, ask)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, it := range found.Matches {
			v, err := it.Full()
			if err != nil {
				h.t.Fatal(err)
			}
			key, text := saying(v)
			for out[key] != "" {
				key += "+"
			}
			out[key] = text
		}
		if found.Next == "" {
			return out
		}
		ask.Page = found.Next
	}
}

// saying is a resource's number and what a reader would act on.
func saying(v *fhir.Value) (key, text string) {
	at := func(list string, paths ...string) string {
		var all []string
		for x := range v.Get(list).Each() {
			for _, p := range paths {
				all = append(all, x.Path(p).Text())
			}
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	codes := func(c *fhir.Value) string {
		var all []string
		for _, k := range fhir.Codings(c) {
			all = append(all, k.System+"|"+k.Code)
		}
		return strings.Join(all, " ")
	}
	number := func(kind uk.Local) string { return fhir.Identifier(v, kind.System("RQM")) }
	switch v.Type() {
	case "Patient":
		return number(uk.HospitalNumber), fmt.Sprint(fhir.Identifier(v, uk.NHSNumberSystem), v.Get("active").Text(), at("name", "use", "family", "given.0", "given.1", "prefix.0"),
			v.StrAt("birthDate"), v.StrAt("gender"), at("address", "line.0", "city", "postalCode", "use"), at("telecom", "value", "use", "system"),
			v.StrAt("deceasedDateTime"), v.Get("deceasedBoolean").Text(), codes(v.Get("maritalStatus")), at("contact", "name.family", "telecom.0.value"), at("generalPractitioner", "identifier.value"),
			at("extension", "valueCodeableConcept.coding.0.code"))
	case "Encounter":
		place := ""
		for l := range v.Get("location").Each() {
			if l.StrAt("status") == "active" {
				place = l.StrAt("location.identifier.value") + l.StrAt("location.identifier.assigner.identifier.value")
			}
		}
		return number(uk.VisitNumber), fmt.Sprint(v.StrAt("status"), v.StrAt("class.code"), v.StrAt("period.start"), v.StrAt("period.end"), place, codes(v.Get("serviceType")),
			at("participant", "individual.identifier.value"), at("reasonCode", "text"), codes(v.Path("hospitalization.dischargeDisposition")))
	case "DiagnosticReport":
		return number(uk.FillerOrder) + codes(v.Get("code")), fmt.Sprint(v.StrAt("status"), v.StrAt("effectiveDateTime"), v.StrAt("issued"), v.Get("result").Len(), at("category", "coding.0.code"))
	case "Observation":
		return v.StrAt("effectiveDateTime") + codes(v.Get("code")) + fhir.Identifier(v, "urn:concord:source-key"), fmt.Sprint(v.StrAt("status"), v.Path("valueQuantity.value").Text(), v.StrAt("valueQuantity.comparator"),
			v.StrAt("valueQuantity.unit"), v.StrAt("valueString"), codes(v.Get("valueCodeableConcept")), at("interpretation", "coding.0.code"), at("referenceRange", "text"))
	}
	var content []string
	for c := range v.Get("content").Each() {
		b, _ := base64.StdEncoding.DecodeString(c.StrAt("attachment.data"))
		content = append(content, string(b))
	}
	return v.StrAt("masterIdentifier.value"), fmt.Sprint(v.StrAt("status"), v.StrAt("docStatus"), v.StrAt("date"), codes(v.Get("type")), at("author", "identifier.value"), content)
}

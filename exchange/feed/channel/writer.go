package channel

import (
	"cmp"
	"strings"
	"time"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// writer makes one HL7 v2 message.
type writer struct {
	c       *Channel
	b       *hl7v2.Builder
	x       Context
	t       taken
	problem *Problem
}

// fail notes the first thing that keeps the message from being sent.
func (w *writer) fail(rule, place, text string) {
	if w.problem == nil {
		w.problem = &Problem{Field: place, Rule: rule, Text: text}
	}
}

const (
	defaultVersion = "2.4"
	defaultSender  = "CONCORD"
)

func (w *writer) header(control string) {
	m := &w.c.Map
	version := cmp.Or(m.Version, defaultVersion)
	kind := []string{kindOf(w.t.event), w.t.event}
	if version >= "2.4" {
		kind = append(kind, structureOf(w.t.event))
	}
	w.b.Header().Set(3, w.b.Text(cmp.Or(m.Sender, defaultSender))).Set(4, w.b.Text(cmp.Or(m.Facility, w.t.Org))).
		Set(5, w.b.Text(m.Receiver)).Set(6, w.b.Text(m.ReceivingFacility)).Set(7, w.b.Text(w.stamp(w.t.At))).
		Set(9, w.b.Texts(kind...)).Set(10, w.b.Text(control)).Set(11, w.b.Text("P")).Set(12, w.b.Text(version)).
		Set(18, "UNICODE UTF-8")
}

// structureOf is MSH-9.3 (table 0354).
func structureOf(event string) string {
	switch event {
	case "A04", "A08", "A13":
		return "ADT_A01"
	case "A07":
		return "ADT_A06"
	case "A11":
		return "ADT_A09"
	case "A28", "A31":
		return "ADT_A05"
	case "A40":
		return "ADT_A39"
	case "R01":
		return "ORU_R01"
	case "T02":
		return "MDM_T02"
	}
	return "ADT_" + event
}

// stamp writes a moment as its zone's clocks show it; the offset is added only
// in the hour that comes twice.
func (w *writer) stamp(t time.Time) string {
	t = t.In(w.x.Zone)
	text := t.Format("20060102150405")
	for _, d := range []time.Duration{-time.Hour, time.Hour} {
		if t.Add(d).Format("20060102150405") == text {
			return t.Format("20060102150405-0700")
		}
	}
	return text
}

// when writes a FHIR date or dateTime, as exactly as it is known.
func (w *writer) when(text string) hl7v2.Value {
	if len(text) <= len("2006-01-02") {
		return w.b.Text(strings.ReplaceAll(text, "-", ""))
	}
	in, ok := fhir.ParseInstant(text, w.x.Zone)
	if !ok {
		return ""
	}
	return w.b.Text(w.stamp(in.Start))
}

// event writes EVN.
func (w *writer) event(happened string) {
	evn := w.b.Segment("EVN").Set(1, w.b.Text(w.t.event)).Set(2, w.b.Text(w.stamp(w.t.At)))
	if happened != "" {
		evn.Set(6, w.when(happened))
	}
}

// concept writes CE: the first coding, an alternate one, or the text alone.
func (w *writer) concept(c *fhir.Value) hl7v2.Value {
	codings := fhir.Codings(c)
	if len(codings) == 0 {
		if text := c.StrAt("text"); text != "" {
			return w.b.Texts("", text)
		}
		return ""
	}
	var parts []string
	for _, k := range codings[:min(2, len(codings))] {
		parts = append(parts, k.Code, cmp.Or(k.Display, c.StrAt("text")), systemName(k.System))
	}
	return w.b.Texts(parts...)
}

// systemName is the name of a coding system in table 0396; a trust's own goes
// by its own name.
func systemName(system string) string {
	switch system {
	case "":
		return ""
	case uk.SNOMED:
		return "SCT"
	case uk.LOINC:
		return "LN"
	case uk.ICD10:
		return "I10"
	case uk.OPCS4:
		return "OPCS4"
	case uk.UCUM:
		return "UCUM"
	}
	const table = "http://terminology.hl7.org/CodeSystem/v2-"
	if n, ok := strings.CutPrefix(system, table); ok {
		return "HL7" + n
	}
	if name := localPart(system); name != "" && name != string(uk.LocalCode) {
		return name
	}
	if strings.HasPrefix(system, "urn:concord:") {
		return "L"
	}
	return system
}

// code writes the bare code of a concept, with its words behind it.
func (w *writer) code(c *fhir.Value) hl7v2.Value {
	for _, k := range fhir.Codings(c) {
		return w.b.Texts(k.Code, cmp.Or(k.Display, c.StrAt("text")))
	}
	return w.b.Texts("", c.StrAt("text"))
}

// staff writes XCN of a reference to a practitioner: number and name.
func (w *writer) staff(ref *fhir.Value) hl7v2.Value {
	id, system := ref.StrAt("identifier.value"), ref.StrAt("identifier.system")
	title, given, family := nameParts(ref.StrAt("display"))
	authority := ""
	switch system {
	case uk.GMCNumber:
		authority = "GMC"
	case uk.SDSUser:
		authority = "SDS"
	}
	if id == "" && family == "" {
		return ""
	}
	return w.b.Texts(id, family, given, "", "", title, "", "", authority)
}

// nameParts takes "Dr Ada Okafor" apart.
func nameParts(display string) (title, given, family string) {
	words := strings.Fields(display)
	if len(words) == 0 {
		return "", "", ""
	}
	family, words = words[len(words)-1], words[:len(words)-1]
	if len(words) > 0 {
		switch strings.TrimSuffix(words[0], ".") {
		case "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Professor", "Sister", "Nurse", "Sir", "Dame":
			title, words = words[0], words[1:]
		}
	}
	return title, strings.Join(words, " "), family
}

// numberOf is the identifier of a kind that the record's trusts gave out.
func numberOf(v *fhir.Value, kind uk.Local) string {
	for id := range v.Get("identifier").Each() {
		if system := id.StrAt("system"); strings.HasPrefix(system, "urn:concord:") && strings.HasSuffix(system, ":"+string(kind)) {
			return id.StrAt("value")
		}
	}
	return ""
}

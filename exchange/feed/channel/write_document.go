package channel

import (
	"cmp"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// document writes MDM^T02 (HL7 2.5.1, 9.6.2). A document that was deleted or
// entered in error goes with the availability CA (table 0273).
func (w *writer) document() {
	d := w.t.body()
	w.event(d.StrAt("date"))
	w.patient()
	visit := ""
	for e := range d.Path("context.encounter").Each() {
		visit = e.StrAt("reference")
		break
	}
	enc := w.visitOf(visit)
	if enc == nil { // the structure asks for PV1
		w.b.Segment("PV1").Set(1, "1").Set(2, "N")
	} else {
		w.visit(enc, false)
	}
	number := cmp.Or(masterNumber(d), d.ID())
	var authors []hl7v2.Value
	for a := range d.Get("author").Each() {
		if a.StrAt("type") == "Practitioner" {
			authors = append(authors, w.staff(a))
		}
	}
	txa := w.b.Segment("TXA").Set(1, "1").Set(2, w.code(d.Get("type"))).Set(3, "TX").
		Set(6, w.when(d.StrAt("date"))).Set(9, w.b.Repeat(authors...)).Set(12, w.b.Text(number)).
		Set(17, w.b.Text(completionOf(d.StrAt("docStatus")))).Set(19, w.b.Text(availability(d.StrAt("status"), w.t.Now == nil)))
	if a := d.Get("authenticator"); a != nil {
		txa.Set(10, w.staff(a))
	}
	n := 0
	for c := range d.Get("content").Each() {
		n = w.form(n, c.Get("attachment"))
	}
	if n == 0 {
		w.fail("feed.attachment", "OBX-5", "the document has no content")
	}
}

func masterNumber(d *fhir.Value) string {
	id := d.Get("masterIdentifier")
	if id == nil {
		return numberOf(d, uk.DocumentNumber)
	}
	return id.StrAt("value")
}

// completionOf is table 0271.
func completionOf(status string) string {
	switch status {
	case "final", "amended":
		return "AU"
	case "preliminary":
		return "DO"
	}
	return ""
}

// availability is table 0273.
func availability(status string, deleted bool) string {
	switch {
	case deleted || status == "entered-in-error":
		return "CA"
	case status == "superseded":
		return "OB"
	}
	return "AV"
}

// transaction is the body for a FHIR server: what changed and its patient,
// under their own ids, so that to send it again changes nothing.
func transaction(control string, t taken) []byte {
	var entries []any
	put := func(v *fhir.Value) {
		entries = append(entries, fhir.Obj("resource", v, "request", fhir.Obj("method", "PUT", "url", v.Type()+"/"+v.ID())))
	}
	if t.patient != nil && t.Type != "Patient" {
		put(t.patient)
	}
	if t.old != nil {
		put(t.patient)
		put(t.old)
	} else if t.loose == nil {
		entries = appendChange(entries, t.Change)
	}
	for _, o := range t.loose {
		entries = appendChange(entries, o)
	}
	return fhir.Obj("resourceType", "Bundle", "identifier", fhir.Obj("system", "urn:concord:message", "value", control),
		"type", "transaction", "timestamp", fhir.FormatInstant(t.At), "entry", fhir.Arr(entries...)).JSON()
}

func appendChange(entries []any, c *Change) []any {
	if c.Now == nil {
		return append(entries, fhir.Obj("request", fhir.Obj("method", "DELETE", "url", c.Type+"/"+c.ID)))
	}
	return append(entries, fhir.Obj("resource", c.Now, "request", fhir.Obj("method", "PUT", "url", c.Type+"/"+c.ID)))
}

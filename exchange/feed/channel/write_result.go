package channel

import (
	"cmp"
	"encoding/base64"
	"strings"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// results writes ORU^R01 (HL7 2.5.1, 7.3.1): one report, or observations that
// have none.
func (w *writer) results() {
	w.patient()
	t := w.t
	if t.Type == "DiagnosticReport" {
		r := t.body()
		w.visit(w.visitOf(r.StrAt("encounter.reference")), false)
		w.report(r, t.Now == nil)
		return
	}
	first := t.loose[0].body()
	w.visit(w.visitOf(first.StrAt("encounter.reference")), false)
	w.b.Segment("OBR").Set(1, "1").Set(3, w.b.Text(first.ID())).Set(4, w.b.Texts("OBS", "Observations", "L")).
		Set(7, w.when(effective(first))).Set(22, w.when(first.StrAt("issued"))).Set(25, w.b.Text(resultStatus(first.StrAt("status"))))
	for i, o := range t.loose {
		w.observation(i+1, o.body(), o.Now == nil)
	}
}

// report writes OBR and its OBX. A report that was deleted goes as cancelled.
func (w *writer) report(r *fhir.Value, deleted bool) {
	status := reportStatus(r.StrAt("status"))
	if deleted {
		status = "X"
	}
	placer, filler := numberOf(r, uk.PlacerOrder), cmp.Or(numberOf(r, uk.FillerOrder), r.ID())
	obr := w.b.Segment("OBR").Set(1, "1").Set(2, w.b.Text(placer)).Set(3, w.b.Text(filler)).Set(4, w.concept(r.Get("code"))).
		Set(7, w.when(effective(r))).Set(22, w.when(r.StrAt("issued"))).Set(25, w.b.Text(status))
	if r.Get("effectivePeriod") != nil {
		obr.Set(8, w.when(r.StrAt("effectivePeriod.end")))
	}
	for category := range r.Get("category").Each() {
		for _, k := range fhir.Codings(category) {
			obr.Set(24, w.b.Text(k.Code))
		}
		break
	}
	n := 0
	for ref := range r.Get("result").Each() {
		o, _ := w.x.Look(ref.StrAt("reference"))
		if o == nil {
			if ref.StrAt("reference") != "" {
				w.fail("feed.result", "OBX", "a result of the report cannot be read, or may not be sent")
			}
			continue
		}
		n++
		w.observation(n, o, deleted)
	}
	carried := n > 0
	for form := range r.Get("presentedForm").Each() {
		if plainText(form) && carried {
			continue // the text of results that went before
		}
		n = w.form(n, form)
	}
	if n == 0 {
		w.text(1, w.b.Texts("REPORT", "Report", "L"), cmp.Or(r.StrAt("conclusion"), r.StrAt("code.text")), status)
	}
}

func effective(v *fhir.Value) string {
	return cmp.Or(v.StrAt("effectiveDateTime"), v.StrAt("effectivePeriod.start"), v.StrAt("effectiveInstant"))
}

// reportStatus is table 0123, resultStatus table 0085.
func reportStatus(status string) string {
	switch status {
	case "final":
		return "F"
	case "corrected", "amended", "appended":
		return "C"
	case "preliminary":
		return "P"
	case "partial":
		return "A"
	case "registered":
		return "I"
	case "cancelled", "entered-in-error":
		return "X"
	}
	return ""
}

func resultStatus(status string) string {
	switch status {
	case "partial":
		return "P"
	case "entered-in-error":
		return "W"
	}
	return reportStatus(status)
}

// observation writes OBX, one for each component of a compound one.
func (w *writer) observation(n int, o *fhir.Value, deleted bool) {
	status := resultStatus(o.StrAt("status"))
	if deleted {
		status = "D"
	}
	if o.Get("component") != nil && valueOf(o) == "" {
		for i, c := range o.All("component") {
			w.obx(n, itoa(i+1), o, c, status)
		}
		return
	}
	w.obx(n, "", o, o, status)
}

// valueOf is the name of the member that holds the value.
func valueOf(v *fhir.Value) string {
	for name := range v.Members() {
		if strings.HasPrefix(name, "value") {
			return name
		}
	}
	return ""
}

func (w *writer) obx(n int, sub string, whole, part *fhir.Value, status string) {
	kind, value, unit := w.value(part)
	obx := w.b.Segment("OBX").Set(1, w.b.Text(itoa(n))).Set(2, w.b.Text(kind)).Set(3, w.concept(part.Get("code"))).
		Set(4, w.b.Text(sub)).Set(5, value).Set(6, unit).Set(11, w.b.Text(status)).Set(14, w.when(effective(whole)))
	for r := range part.Get("referenceRange").Each() {
		obx.Set(7, w.b.Text(rangeOf(r)))
		break
	}
	var flags []hl7v2.Value
	for i := range part.Get("interpretation").Each() {
		for _, k := range fhir.Codings(i) {
			flags = append(flags, w.b.Text(k.Code))
			break
		}
	}
	obx.Set(8, w.b.Repeat(flags...))
	for p := range whole.Get("performer").Each() {
		if p.StrAt("type") == "Practitioner" {
			obx.Set(16, w.staff(p))
			break
		}
	}
	for note := range part.Get("note").Each() {
		w.b.Segment("NTE").Set(1, "1").Set(3, w.b.Text(note.StrAt("text")))
	}
}

func rangeOf(r *fhir.Value) string {
	if text := r.StrAt("text"); text != "" {
		return text
	}
	low, high := r.Path("low.value").Text(), r.Path("high.value").Text()
	switch {
	case low != "" && high != "":
		return low + "-" + high
	case low != "":
		return ">=" + low
	case high != "":
		return "<=" + high
	}
	return ""
}

// value writes OBX-2, OBX-5 and OBX-6. What this has no form for is a problem,
// never an empty result.
func (w *writer) value(v *fhir.Value) (kind string, value, unit hl7v2.Value) {
	name := valueOf(v)
	x := v.Get(name)
	switch name {
	case "":
		return "ST", "", ""
	case "valueQuantity":
		unit = w.b.Texts(cmp.Or(x.StrAt("code"), x.StrAt("unit")), x.StrAt("unit"), systemName(x.StrAt("system")))
		if c := x.StrAt("comparator"); c != "" {
			return "SN", w.b.Texts(c, x.Get("value").Text()), unit
		}
		return "NM", w.b.Text(x.Get("value").Text()), unit
	case "valueCodeableConcept":
		return "CE", w.concept(x), ""
	case "valueString":
		if strings.Contains(x.Str(), "\n") || len(x.Str()) > 200 {
			return "TX", w.b.Text(x.Str()), ""
		}
		return "ST", w.b.Text(x.Str()), ""
	case "valueInteger":
		return "NM", w.b.Text(x.Text()), ""
	case "valueBoolean":
		return "ST", w.b.Text(x.Text()), ""
	case "valueDateTime":
		return "TS", w.when(x.Str()), ""
	case "valueTime":
		return "TM", w.b.Text(strings.ReplaceAll(x.Str(), ":", "")), ""
	case "valueRange":
		return "SN", w.b.Texts("", x.Path("low.value").Text(), "-", x.Path("high.value").Text()), w.b.Text(x.StrAt("low.unit"))
	case "valueRatio":
		return "SN", w.b.Texts("", x.Path("numerator.value").Text(), ":", x.Path("denominator.value").Text()), ""
	}
	w.fail("feed.value", "OBX-5", "a value of the type "+strings.TrimPrefix(name, "value")+" has no form in HL7 v2")
	return "ST", "", ""
}

func plainText(attachment *fhir.Value) bool {
	return strings.HasPrefix(attachment.StrAt("contentType"), "text/plain")
}

// text writes an OBX of text.
func (w *writer) text(n int, code hl7v2.Value, text, status string) {
	w.b.Segment("OBX").Set(1, w.b.Text(itoa(n))).Set(2, "TX").Set(3, code).Set(5, w.b.Text(text)).Set(11, w.b.Text(status))
}

// form writes an attachment: text as text, anything else encapsulated. It gives
// the number of the last OBX.
func (w *writer) form(n int, a *fhir.Value) int {
	title := cmp.Or(a.StrAt("title"), "Document")
	data := a.StrAt("data")
	if plainText(a) {
		text, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			w.fail("feed.attachment", "OBX-5", "an attachment is not the base64 that it says")
			return n
		}
		w.text(n+1, w.b.Texts("TEXT", title, "L"), string(text), "F")
		return n + 1
	}
	if data == "" {
		if a.StrAt("url") == "" {
			w.fail("feed.attachment", "OBX-5", "an attachment has no content")
			return n
		}
		w.b.Segment("OBX").Set(1, w.b.Text(itoa(n+1))).Set(2, "RP").Set(3, w.b.Texts("DOC", title, "L")).
			Set(5, w.b.Text(a.StrAt("url"))).Set(11, "F")
		return n + 1
	}
	kind, subtype, _ := strings.Cut(a.StrAt("contentType"), "/")
	w.b.Segment("OBX").Set(1, w.b.Text(itoa(n+1))).Set(2, "ED").Set(3, w.b.Texts("DOC", title, "L")).
		Set(5, w.b.Texts("", dataKind(kind), subtypeOf(subtype), "Base64", data)).Set(11, "F")
	return n + 1
}

// dataKind is table 0191, subtypeOf table 0291.
func dataKind(kind string) string {
	switch kind {
	case "image":
		return "IM"
	case "audio":
		return "AU"
	case "text":
		return "TEXT"
	}
	return "AP"
}

func subtypeOf(subtype string) string {
	subtype, _, _ = strings.Cut(subtype, ";")
	switch subtype {
	case "pdf":
		return "PDF"
	case "rtf":
		return "RTF"
	}
	return subtype
}

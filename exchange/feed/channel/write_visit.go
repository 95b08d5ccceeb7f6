package channel

import (
	"strconv"
	"strings"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

func itoa(n int) string { return strconv.Itoa(n) }

// visit writes PV1 and, where there is a reason, PV2. leads tells that the
// message is about the visit itself.
func (w *writer) visit(enc *fhir.Value, leads bool) {
	if enc == nil {
		return
	}
	number := numberOf(enc, uk.VisitNumber)
	if number == "" && leads {
		number = enc.ID() // the record's own id: the visit has no number of a trust
	}
	pv1 := w.b.Segment("PV1").Set(1, "1").Set(2, w.b.Text(classOf(enc.StrAt("class.code")))).
		Set(3, w.place(location(enc))).Set(19, w.b.Text(number)).
		Set(44, w.when(enc.StrAt("period.start"))).Set(45, w.when(enc.StrAt("period.end")))
	if method := fhir.Codings(fhir.Extension(enc, uk.AdmissionExtension).Get("valueCodeableConcept")); len(method) > 0 {
		pv1.Set(4, w.b.Text(method[0].Code))
	}
	if w.t.event == "A02" || (w.t.event == "A06" || w.t.event == "A07") && moved(w.t.Before, enc) {
		pv1.Set(6, w.place(location(w.t.Before)))
	}
	w.participants(pv1, enc)
	if c := enc.Get("serviceType"); c != nil {
		pv1.Set(10, w.code(c))
	}
	if c := enc.Path("hospitalization.admitSource"); c != nil {
		pv1.Set(14, w.code(c))
	}
	if c := enc.Path("hospitalization.dischargeDisposition"); c != nil {
		pv1.Set(36, w.code(c))
	}
	if to := enc.StrAt("hospitalization.destination.display"); to != "" {
		pv1.Set(37, w.b.Text(to))
	}
	if number := numberOf(enc, uk.AlternateVisit); number != "" {
		pv1.Set(50, w.b.Text(number))
	}
	for reason := range enc.Get("reasonCode").Each() {
		w.b.Segment("PV2").Set(3, w.concept(reason))
		break
	}
}

// classOf is table 0004.
func classOf(code string) string {
	switch code {
	case "IMP", "ACUTE", "NONAC":
		return "I"
	case "EMER":
		return "E"
	case "AMB", "VR", "HH", "FLD":
		return "O"
	case "PRENC":
		return "P"
	case "SS":
		return "D"
	}
	return "U"
}

// place writes PL of a location of a visit: ward, room and bed are the parts of
// the identifier.
func (w *writer) place(l *fhir.Value) hl7v2.Value {
	ref := l.Get("location")
	if ref == nil {
		return ""
	}
	var ward, room, bed string
	text := ref.StrAt("identifier.value")
	parts := strings.Split(text, "/")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], "%2F", "/")
	}
	switch kind := fhir.Codings(l.Get("physicalType")); {
	case text == "":
		ward = ref.StrAt("display")
	case len(parts) >= 3:
		ward, room, bed = parts[0], parts[1], strings.Join(parts[2:], "/")
	case len(parts) == 2 && len(kind) > 0 && kind[0].Code == "bd":
		ward, bed = parts[0], parts[1]
	case len(parts) == 2:
		ward, room = parts[0], parts[1]
	default:
		ward = parts[0]
	}
	return w.b.Texts(ward, room, bed, ref.StrAt("identifier.assigner.identifier.value"))
}

// participants writes attending, referring, consulting and admitting doctors.
func (w *writer) participants(pv1 *hl7v2.Row, enc *fhir.Value) {
	fields := map[string]int{"ATND": 7, "REF": 8, "CON": 9, "ADM": 17}
	byField := map[int][]hl7v2.Value{}
	for p := range enc.Get("participant").Each() {
		for kind := range p.Get("type").Each() {
			for _, k := range fhir.Codings(kind) {
				if n := fields[k.Code]; n > 0 {
					byField[n] = append(byField[n], w.staff(p.Get("individual")))
				}
			}
		}
	}
	for _, n := range []int{7, 8, 9, 17} {
		if len(byField[n]) > 0 {
			pv1.Set(n, w.b.Repeat(byField[n]...))
		}
	}
}

// visitOf is the visit that a report or document belongs to, if it may be seen.
func (w *writer) visitOf(ref string) *fhir.Value {
	if ref == "" {
		return nil
	}
	enc, _ := w.x.Look(ref)
	return enc
}

package intake

import (
	"strings"
	"time"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// piece is a repetition or a field's first repetition.
type piece interface {
	Component(n int) hl7v2.Component
	Raw() string
}

// concept maps CE, CWE, CNE and IS. Codes without a known system are the
// trust's own.
func (s *source) concept(p piece) *fhir.Value {
	first := s.coding(whole(p, 1), whole(p, 2), p.Component(3).String())
	second := s.coding(whole(p, 4), whole(p, 5), p.Component(6).String())
	text := whole(p, 9)
	for _, n := range []int{2, 5, 1} {
		if text == "" {
			text = whole(p, n)
		}
	}
	return fhir.Obj("coding", fhir.Arr(first, second), "text", text)
}

// whole is a component that has no subcomponents by its type: senders write
// "U&E" without escaping it.
func whole(p piece, n int) string { return strings.TrimSpace(p.Component(n).Text()) }

func (s *source) coding(code, display, system string) *fhir.Value {
	if code == "" || strings.ContainsAny(code, "\n\t") {
		return nil
	}
	return fhir.Obj("system", s.codeSystem(system, code), "code", strings.Join(strings.Fields(code), " "), "display", display)
}

// codeSystem gives the URI for a coding system's name (table 0396).
func (s *source) codeSystem(name, code string) string {
	switch n := strings.ToUpper(name); {
	case n == "LN" || n == "LOINC" || n == "LNC":
		return uk.LOINC
	case n == "SCT" || n == "SCT2" || n == "SNM3" || n == "SNM" || strings.HasPrefix(n, "SNOMED"):
		if snomed(code) {
			return uk.SNOMED
		}
	case n == "I10" || n == "ICD10" || n == "ICD-10":
		return uk.ICD10
	case n == "OPCS4" || n == "OPCS-4" || n == "OPCS":
		return uk.OPCS4
	case n == "UCUM":
		return uk.UCUM
	case strings.HasPrefix(n, "HL7") && len(n) == 7:
		return tableSystem(n[3:])
	case strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "urn:"):
		return name
	case n != "" && n != "L":
		return uk.LocalCode.System(s.feed.Trust) + ":" + escapeURI(name)
	}
	return uk.LocalCode.System(s.feed.Trust)
}

// snomed tells the shape of a SNOMED CT identifier: 6 to 18 digits.
func snomed(code string) bool {
	if len(code) < 6 || len(code) > 18 {
		return false
	}
	for i := 0; i < len(code); i++ {
		if code[i] < '0' || code[i] > '9' {
			return false
		}
	}
	return true
}

func tableSystem(number string) string {
	return "http://terminology.hl7.org/CodeSystem/v2-" + number
}

// tableConcept is a concept of a code of an HL7 table, the default where the
// sender names no system.
func (s *source) tableConcept(p piece, table string) *fhir.Value {
	code := whole(p, 1)
	if code == "" || p.Component(3).String() != "" {
		return s.concept(p)
	}
	return fhir.Concept(tableSystem(table), code, whole(p, 2), whole(p, 2))
}

// practitioner maps XCN (and CN) to a logical reference. Staff are known by
// number only within a trust, unless the number is a national one.
func (s *source) practitioner(p piece) *fhir.Value {
	id, family, given := p.Component(1).String(), p.Component(2).String(), p.Component(3).String()
	if family == "" && given == "" && strings.ContainsAny(id, " ,") {
		id, family = "", id // a name written where the number belongs
	}
	title := p.Component(6).String()
	name := strings.Join(strings.Fields(strings.Join([]string{title, given, family}, " ")), " ")
	if id == "" && name == "" {
		return nil
	}
	identifier := s.local(uk.StaffCode, id)
	authority := strings.ToUpper(p.Component(9).String() + " " + p.Component(8).String())
	switch {
	case id == "":
	case strings.Contains(authority, "GMC"):
		identifier = fhir.Obj("system", uk.GMCNumber, "value", id)
	case strings.Contains(authority, "SDS"):
		identifier = fhir.Obj("system", uk.SDSUser, "value", id)
	case len(id) == 8 && id[0] == 'C' && snomed(id[1:]):
		identifier = fhir.Obj("system", uk.ConsultantCode, "value", id)
	}
	return s.staff(fhir.Obj("type", "Practitioner", "identifier", identifier, "display", name))
}

// practitioners maps the repetitions of a field of XCN.
func (s *source) practitioners(f hl7v2.Field) []*fhir.Value {
	var all []*fhir.Value
	for _, r := range f.Reps() {
		if p := s.practitioner(r); p != nil {
			all = append(all, p)
		}
	}
	return all
}

// place maps PL to a logical reference and the kind of place. The identifier
// is ward, room and bed with slashes: "RenalWard/MainRoom/Bed 7".
func (s *source) place(p piece) (location, physical *fhir.Value) {
	ward, room, bed := p.Component(1).String(), p.Component(2).String(), p.Component(3).String()
	facility, building := p.Component(4).String(), p.Component(7).String()
	var parts, shown []string
	code, name, sent := s.ward(ward)
	for _, part := range [][2]string{{code, name}, {room, room}, {bed, bed}} {
		if part[0] != "" {
			parts, shown = append(parts, strings.ReplaceAll(part[0], "/", "%2F")), append(shown, part[1])
		}
	}
	if len(parts) == 0 {
		parts, shown = text1(facility, building, p.Component(9).String())
	}
	if len(parts) == 0 {
		return nil, nil
	}
	kind, word := "wa", "Ward"
	switch {
	case bed != "":
		kind, word = "bd", "Bed"
	case room != "":
		kind, word = "ro", "Room"
	case ward == "":
		kind, word = "bu", "Building"
	}
	identifier := s.local(uk.LocationCode, strings.Join(parts, "/"))
	if site, ok := uk.SiteByCode(facility); ok {
		identifier = identifier.With("assigner", fhir.Obj(
			"identifier", fhir.Obj("system", uk.ODSSite, "value", site.Code), "display", site.Name))
		shown = append(shown, site.Name)
	}
	location = fhir.Obj("extension", sent, "type", "Location", "identifier", identifier, "display", strings.Join(shown, ", "))
	physical = fhir.Concept("http://terminology.hl7.org/CodeSystem/location-physical-type", kind, word, "")
	return location, physical
}

// text1 gives the first of the texts that is not empty, for both lists.
func text1(texts ...string) (parts, shown []string) {
	for _, t := range texts {
		if t != "" {
			return []string{strings.ReplaceAll(t, "/", "%2F")}, []string{t}
		}
	}
	return nil, nil
}

// trust is a logical reference to the feed's trust.
func (s *source) trust() *fhir.Value {
	if s.owner == nil {
		name := ""
		if t, ok := uk.TrustByCode(s.feed.Trust); ok {
			name = t.Name
		}
		s.owner = fhir.Obj("type", "Organization",
			"identifier", fhir.Obj("system", uk.ODSOrganization, "value", s.feed.Trust), "display", name)
	}
	return s.owner
}

// organisation maps XON: a code of ODS shape is taken as one.
func (s *source) organisation(p piece) *fhir.Value {
	name, code := p.Component(1).String(), p.Component(3).String()
	if code == "" {
		code = p.Component(10).String()
	}
	identifier := s.local(uk.LocalCode, code)
	if uk.ODSCode(code) {
		identifier = fhir.Obj("system", uk.ODSOrganization, "value", code)
	}
	if name == "" && identifier == nil {
		return nil
	}
	return fhir.Obj("type", "Organization", "identifier", identifier, "display", name)
}

// notes joins NTE segments to annotations, one for each run of lines.
func (s *source) notes(segments []*segment) *fhir.Value {
	var lines []string
	for _, g := range segments {
		if g.ID() != "NTE" {
			continue
		}
		g.skip(1, 2, 4)
		for _, r := range g.f(3).Reps() {
			if t := strings.TrimRight(r.Text(), " "); t != "" {
				lines = append(lines, t)
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return fhir.Arr(fhir.Obj("text", strings.Join(lines, "\n")))
}

// period is a stretch of time; what is not known is left out. Messages that come out of order may say that
// something ended before it began: then only the end, which was said last, is
// kept, since a period that runs backwards is none (per-1).
func period(start, end string) *fhir.Value {
	from, ok1 := fhir.ParseInstant(start, nil)
	to, ok2 := fhir.ParseInstant(end, nil)
	if ok1 && ok2 && !to.End(time.UTC).After(from.Start) {
		start = ""
	}
	return fhir.Obj("start", start, "end", end)
}

// codedExtension makes a simple extension of a coded value.
func codedExtension(url string, concept *fhir.Value) *fhir.Value {
	if concept == nil {
		return nil
	}
	return fhir.Obj("url", url, "valueCodeableConcept", concept)
}

package intake

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"concord/exchange/crosswalk"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// The codes of a trust are written as its table has them (exchange/crosswalk), by
// the same rule as its load: the domain's code first and the sender's beside it,
// values in the domain's unit where they convert. A code that nobody has decided on
// is written as it was sent, and told of.

// Uncoded is a code that the trust's table does not know.
type Uncoded struct {
	Kind crosswalk.Kind `json:"kind"`
	Code string         `json:"code"`
	Name string         `json:"name,omitempty"` // as the message has it
	// Unit is, of a result whose code is known, the unit of its value that is not
	// known, or does not convert into the domain's.
	Unit string `json:"unit,omitempty"`
}

const mostUncodedText = 120 // bytes of a code or name that is told of

// open notes a code that nobody has decided on.
func (s *source) open(u Uncoded) {
	if len(u.Code) > mostUncodedText || len(u.Unit) > mostUncodedText {
		return // this is no code: the message's own text says what it is
	}
	u.Name = strings.ToValidUTF8(u.Name[:min(len(u.Name), mostUncodedText)], "")
	if !slices.ContainsFunc(s.uncoded, func(o Uncoded) bool { return o.Kind == u.Kind && o.Code == u.Code && o.Unit == u.Unit }) {
		s.uncoded = append(s.uncoded, u)
	}
}

// day is that of the event, as the table counts days.
func (s *source) day() string { return s.event.In(s.feed.Zone).Format(time.DateOnly) }

// own tells a coding of the trust's: of its own systems, of the HL7 table that
// stands for them where the sender names none, or of a national one in which the
// source has codes of that kind.
func (s *source) own(kind crosswalk.Kind, c fhir.Coding) bool {
	system := uk.LocalCode.System(s.feed.Trust)
	switch {
	case c.Code == "":
		return false
	case c.System == system || strings.HasPrefix(c.System, system+":") || c.System == crosswalk.SourceSystem(s.feed.Trust, kind, c.Code):
		return true
	case kind == crosswalk.Results || kind == crosswalk.Orders:
		return c.System == uk.LOINC
	case kind == crosswalk.Specialties:
		return c.System == tableSystem("0069")
	case kind == crosswalk.DocKinds:
		return c.System == tableSystem("0270")
	}
	return false
}

// known finds the coding of a concept that the trust's table maps.
func (s *source) known(kind crosswalk.Kind, concept *fhir.Value) (at fhir.Coding, to crosswalk.Target, ok bool) {
	for _, c := range fhir.Codings(concept) {
		if to, ok := s.feed.Table.Find(kind, c.Code); ok && s.own(kind, c) {
			return c, to, true
		}
	}
	return fhir.Coding{}, crosswalk.Target{}, false
}

// ours writes a concept as the trust's table has it, by the first of the kinds that
// it is known in.
func (s *source) ours(concept *fhir.Value, kinds ...crosswalk.Kind) *fhir.Value {
	if s.feed.Table == nil {
		return concept
	}
	for _, kind := range kinds {
		if at, _, ok := s.known(kind, concept); ok {
			return s.recoded(kind, concept, at)
		}
	}
	s.ask(concept, kinds...)
	return concept
}

// recoded writes a concept by one of its codings; the others stay behind it.
func (s *source) recoded(kind crosswalk.Kind, concept *fhir.Value, at fhir.Coding) *fhir.Value {
	sent := crosswalk.Sent{System: at.System, Code: at.Code, Display: at.Display, Text: concept.StrAt("text")}
	if strings.HasPrefix(at.System, tableSystem("")) { // it stands for the trust's own
		sent.System = crosswalk.SourceSystem(s.feed.Trust, kind, at.Code)
	}
	out := s.feed.Table.Concept(kind, sent)
	if len(fhir.Codings(out)) < 2 { // it is the domain's code that was sent
		return concept
	}
	codings := []any{}
	for c := range out.Get("coding").Each() {
		codings = append(codings, c)
	}
	for c := range concept.Get("coding").Each() {
		if system, code := c.StrAt("system"), c.StrAt("code"); !(system == at.System && code == at.Code) && !fhir.HasCode(out, system, code) {
			codings = append(codings, c)
		}
	}
	return out.With("coding", fhir.Arr(codings...))
}

// ask notes a concept's code as one that is to be decided on, unless somebody has:
// it is to stay as it is in one of the kinds.
func (s *source) ask(concept *fhir.Value, kinds ...crosswalk.Kind) {
	var first *fhir.Coding
	for _, c := range fhir.Codings(concept) {
		for _, kind := range kinds {
			if !s.own(kind, c) {
				continue
			}
			if s.feed.Table.Knows(kind, c.Code, s.day()) {
				return
			}
			if first == nil {
				first = &c
			}
		}
	}
	if first != nil {
		s.open(Uncoded{Kind: kinds[0], Code: first.Code, Name: concept.StrAt("text")})
	}
}

// test is what a result is of, and what becomes of its number; ours is false where
// the table has no say in it.
func (s *source) test(obx *segment, numeric, vital bool) (concept *fhir.Value, u crosswalk.Unit, ours bool) {
	concept = s.concept(obx.f(3))
	if s.feed.Table == nil {
		return concept, u, false
	}
	at, to, ok := s.known(crosswalk.Results, concept)
	if !ok {
		if !vital {
			s.ask(concept, crosswalk.Results)
		}
		return concept, u, false
	}
	if sent := unitSent(obx.f(6)); numeric && sent != "" {
		if u, ok = s.unitOf(to, obx.f(6)); !ok {
			s.open(Uncoded{Kind: crosswalk.Results, Code: at.Code, Name: concept.StrAt("text"), Unit: sent})
			return concept, u, false
		}
	}
	return s.recoded(crosswalk.Results, concept, at), u, true
}

// unitSent is a unit as it was printed.
func unitSent(f hl7v2.Field) string {
	return orDefault(f.Component(2).String(), f.Component(1).String())
}

// unitOf is what becomes of values in the unit of OBX-6, by its code or its text.
func (s *source) unitOf(to crosswalk.Target, f hl7v2.Field) (crosswalk.Unit, bool) {
	for _, n := range []int{1, 2} {
		if sent := f.Component(n).String(); sent != "" {
			if u, ok := s.feed.Table.Unit(to, sent); ok {
				return u, true
			}
		}
	}
	return crosswalk.Unit{}, false
}

// inUnit writes a value, and the reference range beside it, in the domain's unit.
func (s *source) inUnit(u crosswalk.Unit, obx *segment, value *fhir.Value) (*fhir.Value, *fhir.Value) {
	sent := unitSent(obx.f(6))
	one := func(q *fhir.Value) *fhir.Value {
		if q == nil {
			return nil
		}
		return u.Quantity(q.Get("value").Raw(), q.StrAt("comparator"), sent)
	}
	if low, high := value.Get("low"), value.Get("high"); low != nil || high != nil {
		value = fhir.Obj("low", one(low), "high", one(high))
	} else {
		value = one(value)
	}
	if u.Factor != nil {
		return value, fhir.Arr(u.Range(obx.str(7), sent))
	}
	unit := fhir.Of(fhir.Obj("unit", sent))
	if u.Code != "" {
		unit = fhir.Obj("unit", sent, "system", uk.UCUM, "code", u.Code)
	}
	return value, s.referenceRange(obx.f(7), unit)
}

// gpForm is that of codes of general practitioners, who are none of a trust's.
var gpForm = regexp.MustCompile(`^G[0-9]{7}$`)

// staff refers to somebody as the trust's table has them; a number of another body
// (a GMC number) is nobody of the trust's.
func (s *source) staff(p *fhir.Value) *fhir.Value {
	id := p.Get("identifier")
	code, system := id.StrAt("value"), id.StrAt("system")
	if code == "" || system != uk.StaffCode.System(s.feed.Trust) && system != crosswalk.SourceSystem(s.feed.Trust, crosswalk.Staff, code) {
		return p
	}
	if _, ok := s.feed.Table.Find(crosswalk.Staff, code); !ok {
		return p
	}
	name := p.StrAt("display")
	out := s.feed.Table.Party("Practitioner", crosswalk.Staff, crosswalk.Sent{System: system, Code: code, Display: name})
	if out.StrAt("display") == "" && name != "" {
		out = out.With("display", name)
	}
	return out
}

// lead is somebody who leads a stay or a clinic: of these the table is asked to know
// each.
func (s *source) lead(list []*fhir.Value) []*fhir.Value {
	for _, p := range list {
		code, system := p.StrAt("identifier.value"), p.StrAt("identifier.system")
		if s.feed.Table == nil || system != uk.StaffCode.System(s.feed.Trust) || gpForm.MatchString(code) || fhir.Extension(p, crosswalk.AsSent) != nil {
			continue
		}
		if !s.feed.Table.Knows(crosswalk.Staff, code, s.day()) {
			s.open(Uncoded{Kind: crosswalk.Staff, Code: code, Name: p.StrAt("display")})
		}
	}
	return list
}

// ward is a ward's code and name as the trust's table has them, and what says how
// it was sent.
func (s *source) ward(code string) (identifier, name string, sent *fhir.Value) {
	if _, ok := s.feed.Table.Find(crosswalk.Wards, code); !ok {
		return code, code, nil
	}
	p := s.feed.Table.Party("Location", crosswalk.Wards, crosswalk.Sent{System: uk.LocationCode.System(s.feed.Trust), Code: code, Display: code})
	return p.StrAt("identifier.value"), orDefault(p.StrAt("display"), code), p.Get("extension")
}

// askPlace notes a ward that is to be decided on.
func (s *source) askPlace(kind, other crosswalk.Kind, p piece) {
	code := p.Component(1).String()
	if s.feed.Table == nil || code == "" || s.feed.Table.Knows(kind, code, s.day()) || s.feed.Table.Knows(other, code, s.day()) {
		return
	}
	s.open(Uncoded{Kind: kind, Code: code})
}

// clinic refers to a clinic of the trust's table, nil where a code is none.
func (s *source) clinic(code string) *fhir.Value {
	if _, ok := s.feed.Table.Find(crosswalk.Clinics, code); !ok {
		return nil
	}
	return s.feed.Table.Party("HealthcareService", crosswalk.Clinics, crosswalk.Sent{System: uk.Local("clinic").System(s.feed.Trust), Code: code})
}

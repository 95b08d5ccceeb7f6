package onboard

import (
	"math/big"
	"regexp"
	"strings"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// AsSent is the extension by which what refers to a place, clinic or member of
// staff of the domain says how the source had it: a Coding.
const AsSent = "urn:concord:as-sent"

// Translation is the extension of a Quantity that has it in another unit
// (https://hl7.org/fhir/extensions/StructureDefinition-iso21090-PQ-translation.html).
const Translation = "http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation"

// SourceSystem is the system of a source's own codes of a kind; those of a
// national form are the nation's.
func SourceSystem(trust string, kind CodeKind, code string) string {
	switch kind {
	case Wards, Clinics, Units:
		return uk.Local("source-" + string(kind)).System(trust)
	case Staff:
		if consultantForm.MatchString(code) {
			return uk.ConsultantCode
		}
		return uk.StaffCode.System(trust)
	case Drugs:
		if conceptForm.MatchString(code) {
			return DMD
		}
		return uk.Local("drug").System(trust)
	case Alerts:
		if conceptForm.MatchString(code) {
			return uk.SNOMED
		}
	}
	return uk.LocalCode.System(trust)
}

// DMD is the system of the NHS dictionary of medicines and devices.
const DMD = "https://dmd.nhs.uk"

var (
	consultantForm = regexp.MustCompile(`^[CD][0-9]{7}$`)
	conceptForm    = regexp.MustCompile(`^[1-9][0-9]{5,17}$`) // SCTID
)

// concept is a concept of one of the source's codes: the domain's code first,
// where there is one, and the source's beside it.
func (m *maker) concept(kind CodeKind, code, text string) *fhir.Value {
	system := SourceSystem(m.trust, kind, code)
	to, ok := m.mapping.target(kind, code)
	if !ok || to.System == system && to.Code == code {
		return fhir.Concept(system, code, "", text)
	}
	var national *fhir.Value
	if to.NationalCode != "" {
		national = fhir.Obj("system", to.NationalSystem, "code", to.NationalCode, "display", to.Display)
	}
	return fhir.Obj("coding", fhir.Arr(fhir.Obj("system", to.System, "code", to.Code, "display", to.Display), national,
		fhir.Obj("system", system, "code", code, "userSelected", true)), "text", text)
}

// party is a reference to somebody or somewhere by a code: the domain's, with
// the source's beside it where that is another.
func (m *maker) party(typ string, kind CodeKind, system, code, display string) *fhir.Value {
	to, ok := m.mapping.target(kind, code)
	if !ok || to.Code == code && to.System == system {
		return fhir.Obj("type", typ, "identifier", fhir.Obj("system", system, "value", code), "display", display)
	}
	sent := fhir.Obj("url", AsSent, "valueCoding", fhir.Obj("system", SourceSystem(m.trust, kind, code), "code", code))
	return fhir.Obj("extension", fhir.Arr(sent), "type", typ, "identifier", fhir.Obj("system", to.System, "value", to.Code), "display", to.Display)
}

// measured puts a number into an Observation: in the domain's unit where values
// are converted, with the number as sent beside it.
func (m *maker) measured(o *fhir.Value, value, sent string) *fhir.Value {
	to, mapped := m.mapping.target(Results, m.at("code"))
	unit, known := to.Units[sent]
	switch {
	case !mapped || !known:
		return m.ranged(o.With("valueQuantity", fhir.Obj("value", fhir.Decimal(value), "unit", sent)), sent, nil, "")
	case unit.Factor == nil:
		return m.ranged(o.With("valueQuantity", fhir.Obj("value", fhir.Decimal(value), "unit", sent, "system", uk.UCUM, "code", unit.Code)), sent, nil, "")
	}
	was := fhir.Obj("url", Translation, "valueQuantity", fhir.Obj("value", fhir.Decimal(value), "unit", sent))
	q := fhir.Obj("extension", fhir.Arr(was), "value", fhir.Decimal(converted(value, unit.Factor)), "unit", unit.Code, "system", uk.UCUM, "code", unit.Code)
	return m.ranged(o.With("valueQuantity", q), sent, unit.Factor, unit.Code)
}

var twoLimits = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?)\s*(?:-|–|to)\s*([0-9]+(?:\.[0-9]+)?)\s*$`)
var oneLimit = regexp.MustCompile(`^\s*(<=?|≤|>=?|≥)\s*([0-9]+(?:\.[0-9]+)?)\s*$`)

// ranged puts the reference range beside a value. That of a value that was
// converted is converted too, and one that cannot be read says its own unit.
func (m *maker) ranged(o *fhir.Value, sent string, factor *big.Rat, unit string) *fhir.Value {
	text := m.at("range")
	if text == "" {
		return o
	}
	if factor == nil {
		return o.With("referenceRange", fhir.Arr(fhir.Obj("text", text)))
	}
	limit := func(s string) *fhir.Value {
		return fhir.Obj("value", fhir.Decimal(converted(leading(s), factor)), "unit", unit, "system", uk.UCUM, "code", unit)
	}
	r := fhir.Obj("text", text+" "+sent+" as sent")
	if l := twoLimits.FindStringSubmatch(text); l != nil {
		r = fhir.Obj("low", limit(l[1]), "high", limit(l[2]), "text", text+" "+sent+" as sent")
	} else if l := oneLimit.FindStringSubmatch(text); l != nil {
		side := "high"
		if strings.HasPrefix(l[1], ">") || l[1] == "≥" {
			side = "low"
		}
		r = fhir.Obj(side, limit(l[2]), "text", text+" "+sent+" as sent")
	}
	return o.With("referenceRange", fhir.Arr(r))
}

// leading takes zeros off that JSON does not have.
func leading(s string) string {
	whole, part, dot := strings.Cut(s, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if dot {
		return whole + "." + part
	}
	return whole
}

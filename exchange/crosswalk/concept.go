package crosswalk

import "concord/standard/fhir"

// AsSent is the extension by which what refers to a place, clinic or member of
// staff of the domain says how the source had it: a Coding.
const AsSent = "urn:concord:as-sent"

// Sent is a code as it was sent. Display is what the sender calls it, where that is
// to be kept; Text is the text of the concept.
type Sent struct{ System, Code, Display, Text string }

// Concept is a concept of a code as sent: the domain's code first, where there is
// one, and the sender's beside it.
func (t *Table) Concept(kind Kind, s Sent) *fhir.Value {
	to, ok := t.Find(kind, s.Code)
	if !ok || to.System == s.System && to.Code == s.Code {
		return fhir.Concept(s.System, s.Code, s.Display, s.Text)
	}
	var national *fhir.Value
	if to.NationalCode != "" {
		national = fhir.Obj("system", to.NationalSystem, "code", to.NationalCode, "display", to.Display)
	}
	display := s.Display
	if display == s.Text { // the text says it already
		display = ""
	}
	sent := fhir.Obj("system", s.System, "code", s.Code, "display", display, "userSelected", true)
	if to.NationalSystem == s.System && to.NationalCode == s.Code { // the nation's code itself was sent
		national = nil
	}
	return fhir.Obj("coding", fhir.Arr(fhir.Obj("system", to.System, "code", to.Code, "display", to.Display), national, sent), "text", s.Text)
}

// Party is a reference to somebody or somewhere by a code: the domain's, with the
// sender's beside it where that is another.
func (t *Table) Party(typ string, kind Kind, s Sent) *fhir.Value {
	to, ok := t.Find(kind, s.Code)
	if !ok || to.Code == s.Code && to.System == s.System {
		return fhir.Obj("type", typ, "identifier", fhir.Obj("system", s.System, "value", s.Code), "display", s.Display)
	}
	sent := fhir.Obj("url", AsSent, "valueCoding", fhir.Obj("system", SourceSystem(t.Trust, kind, s.Code), "code", s.Code))
	return fhir.Obj("extension", fhir.Arr(sent), "type", typ, "identifier", fhir.Obj("system", to.System, "value", to.Code), "display", to.Display)
}

// CodeAsSent is the code by which a source had what a reference of Party leads to:
// that of the extension, else its own.
func CodeAsSent(party *fhir.Value) string {
	if x := fhir.Extension(party, AsSent); x != nil {
		return x.StrAt("valueCoding.code")
	}
	return party.StrAt("identifier.value")
}

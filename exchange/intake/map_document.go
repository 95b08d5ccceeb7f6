package intake

import (
	"strings"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// documentParts is what a DocumentReference is made of.
type documentParts struct {
	key, number   string
	status        string // current unless said otherwise
	docStatus     string
	kind          *fhir.Value
	date          string
	authors       []*fhir.Value
	authenticator *fhir.Value
	visit         *fhir.Value
	description   string
	relates       *fhir.Value
	content       []*fhir.Value
}

// document makes the DocumentReference.
func (s *source) document(d documentParts) Draft {
	var content []any
	for _, a := range d.content {
		content = append(content, fhir.Obj("attachment", a))
	}
	var context *fhir.Value
	if d.visit != nil {
		context = fhir.Obj("encounter", fhir.Arr(d.visit))
	}
	return s.draft("DocumentReference", d.key, replaceNewer,
		"masterIdentifier", s.local(uk.DocumentNumber, d.number),
		"status", orDefault(d.status, "current"),
		"docStatus", d.docStatus,
		"type", d.kind,
		"subject", patientRef(),
		"date", d.date,
		"author", fhir.Arr(anys(d.authors)...),
		"authenticator", d.authenticator,
		"custodian", s.trust(),
		"relatesTo", d.relates,
		"description", d.description,
		"content", fhir.Arr(content...),
		"context", context,
	)
}

// mapDocument: MDM T02, an original document with its content.
func mapDocument(s *source, m *Mapped) error {
	txa := s.first("TXA")
	if txa == nil {
		return fault.New(fault.Invalid, "intake.document", "a document message has no TXA segment").In("TXA")
	}
	txa.skip(1)
	visitRef := s.mentionVisit(m)
	content, title := s.documentContent()
	if len(content) == 0 {
		return fault.New(fault.Invalid, "intake.document", "a document has no content").In("OBX-5")
	}
	number := orDefault(txa.f(12).Component(1).String(), txa.f(12).Component(2).String())
	k := key("document", number)
	if number == "" {
		k = key("document", s.patient.Number, txa.str(2), s.head.Control)
		s.warn("TXA-12 holds no document number")
	}
	date := s.instant(txa.f(6))
	for _, n := range []int{8, 4, 7} {
		if date == "" {
			date = s.instant(txa.f(n))
		}
	}
	authors := s.practitioners(txa.f(9))
	if len(authors) == 0 {
		authors = s.practitioners(txa.f(5))
	} else {
		txa.skip(5)
	}
	var kind *fhir.Value
	if f := txa.f(2); f.Valued() {
		kind = s.ours(s.tableConcept(f, "0270"), crosswalk.DocKinds)
		if kind.StrAt("text") == "" {
			kind = kind.With("text", title)
		}
	}
	m.Drafts = append(m.Drafts, s.document(documentParts{
		key: k, number: number, kind: kind, date: orDefault(date, s.eventStamp()),
		status: documentStatus(txa.str(19)), docStatus: completionStatus(txa.str(17)),
		authors: authors, authenticator: firstOf(s.practitioners(txa.f(10))), visit: visitRef,
		description: orDefault(txa.str(25), title), relates: s.parentDocument(txa), content: content,
	}))
	return nil
}

// documentContent: text lines make one attachment, encapsulated data each its
// own. The title is that of the first OBX.
func (s *source) documentContent() (content []*fhir.Value, title string) {
	var texts []string
	for _, r := range results(s.segments) {
		name := orDefault(r.obx.f(3).Component(2).String(), r.obx.f(3).Component(1).String())
		title = orDefault(title, name)
		switch r.kind() {
		case "ED":
			r.obx.skip(4, 11, 14)
			if a := s.attachment(r.obx.f(5), name); a != nil {
				content = append(content, a)
			}
		case "RP":
			r.obx.skip(4, 11, 14)
			if url := r.obx.f(5).Component(1).String(); url != "" {
				content = append(content, fhir.Obj("url", url, "title", name))
			}
		default:
			if t := r.text(); t != "" {
				texts = append(texts, t)
			}
		}
	}
	if len(texts) > 0 {
		content = append([]*fhir.Value{plainText(strings.Join(texts, "\n"), title)}, content...)
	}
	return content, title
}

// completionStatus is table 0271.
func completionStatus(code string) string {
	switch strings.ToUpper(code) {
	case "AU", "LA":
		return "final"
	case "":
		return ""
	}
	return "preliminary"
}

// documentStatus is table 0273: what is not to be read any more is superseded
// or an error.
func documentStatus(code string) string {
	switch strings.ToUpper(code) {
	case "OB":
		return "superseded"
	case "CA":
		return enteredInError
	}
	return "current"
}

// parentDocument: T02 may add to or follow another document.
func (s *source) parentDocument(txa *segment) *fhir.Value {
	f := txa.f(13)
	parent := orDefault(f.Component(1).String(), f.Component(2).String())
	if parent == "" {
		return nil
	}
	return fhir.Arr(fhir.Obj("code", "appends", "target",
		fhir.Obj("type", "DocumentReference", "identifier", s.local(uk.DocumentNumber, parent))))
}

package intake

import (
	"strconv"
	"strings"

	"concord/exchange/crosswalk"
	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// report is one OBR with what belongs to it.
type report struct {
	orc, obr *segment
	group    []*segment // after the OBR
	placer   string
	filler   string
	section  string // OBR-24, table 0074
	repeat   string // "2" for the second of the same number and code
}

// mapResults: ORU R01. Each OBR becomes a DiagnosticReport and each OBX an
// Observation; imaging reports stay text; a note that was sent as a result
// (section MDOC) becomes a document.
func mapResults(s *source, m *Mapped) error {
	visitRef := s.mentionVisit(m)
	reports := s.reports()
	if len(reports) == 0 {
		return fault.New(fault.Invalid, "intake.order-number", "a result message has no OBR segment").In("OBR")
	}
	seen := map[string]int{}
	for _, r := range reports {
		k := s.reportKey(r)
		if seen[k]++; seen[k] > 1 {
			r.repeat = strconv.Itoa(seen[k])
			s.warn("two reports have the same number and code")
		}
		if r.isDocument() {
			if err := s.addReportDocument(m, r, visitRef); err != nil {
				return err
			}
			continue
		}
		s.addReport(m, r, visitRef)
	}
	soleAdopts(m)
	return nil
}

// reports cuts the message at each OBR and gives each its ORC.
func (s *source) reports() []report {
	var all []report
	var orc *segment
	for _, g := range s.segments {
		switch g.ID() {
		case "ORC":
			g.skip(1)
			orc = g
		case "OBR":
			g.skip(1)
			r := report{orc: orc, obr: g, section: strings.ToUpper(g.str(24))}
			r.placer = orDefault(g.f(2).Component(1).String(), orc.f(2).Component(1).String())
			r.filler = orDefault(g.f(3).Component(1).String(), orc.f(3).Component(1).String())
			all, orc = append(all, r), nil
		case "OBX", "NTE", "SPM", "TQ1", "CTD", "PRT":
			if n := len(all); n > 0 && orc == nil {
				all[n-1].group = append(all[n-1].group, g)
			}
		}
	}
	return all
}

// imaging sections of table 0074.
func (r *report) imaging() bool {
	switch r.section {
	case "RAD", "RX", "CT", "CUS", "NMR", "NMS", "OUS", "RUS", "VUS", "XRC", "MRI", "MR", "US", "NM", "IMG":
		return true
	}
	return false
}

// isDocument: a document section, or nothing but encapsulated documents
// outside laboratory and imaging.
func (r *report) isDocument() bool {
	if r.section == "MDOC" || r.section == "DOC" {
		return true
	}
	all := results(r.group)
	for _, one := range all {
		if one.kind() != "ED" && one.kind() != "RP" {
			return false
		}
	}
	return len(all) > 0 && r.section == ""
}

// key of a report: its own number, else the order's, else patient and time.
func (s *source) reportKey(r report) string {
	service := orDefault(whole(r.obr.f(4), 1), whole(r.obr.f(4), 2))
	if r.repeat != "" {
		service += "#" + r.repeat
	}
	switch {
	case r.filler != "":
		return key("f", r.filler, service)
	case r.placer != "":
		return key("p", r.placer, service)
	}
	return key("n", s.patient.Number, service, r.obr.str(7))
}

// addReport makes the Observations, then the DiagnosticReport over them.
func (s *source) addReport(m *Mapped, r report, visitRef *fhir.Value) {
	k := s.reportKey(r)
	obr := r.obr
	status := reportStatus(obr.str(25))
	effective, issued := s.dateTime(obr.f(7)), s.instant(obr.f(22))
	if issued == "" && effective == "" {
		issued = s.eventStamp() // the only time there is
	}
	c := observationContext{scope: "obs|" + k, category: "laboratory", visit: visitRef, effective: effective,
		issued: issued, status: status, reported: true, placer: r.placer, filler: r.filler, taken: obr.str(7), basedOn: s.basedOn(r), seen: map[string]int{}}
	section := orDefault(r.section, "LAB")
	if r.imaging() {
		c.category = "imaging"
	}
	refs, forms, conclusion := s.addResults(m, r, c)
	end := s.dateTime(obr.f(8))
	var span *fhir.Value
	if end != "" && end != effective && effective != "" {
		span, effective = period(effective, end), ""
	}
	m.add(s.draft("DiagnosticReport", "report|"+k, foldReport,
		"extension", fhir.Arr(s.reportNote(r)),
		"identifier", fhir.Arr(s.local(uk.FillerOrder, r.filler), s.local(uk.PlacerOrder, r.placer)),
		"basedOn", c.basedOn,
		"status", status,
		"category", fhir.Arr(fhir.Concept(tableSystem("0074"), section, "", "")),
		"code", s.serviceCode(obr, crosswalk.Orders),
		"subject", patientRef(),
		"encounter", visitRef,
		"effectiveDateTime", effective,
		"effectivePeriod", span,
		"issued", issued,
		"performer", fhir.Arr(s.trust()),
		"resultsInterpreter", fhir.Arr(s.interpreter(obr)),
		"specimen", fhir.Arr(s.specimens(r)...),
		"result", fhir.Arr(anys(refs)...),
		"conclusion", conclusion,
		"presentedForm", fhir.Arr(anys(forms)...),
	), true)
	s.completeOrder(m, r, status)
}

// addResults makes an Observation of each result. Text of an imaging report,
// and documents, are carried by the report itself; a report of text alone is
// carried both ways.
func (s *source) addResults(m *Mapped, r report, c observationContext) (refs, forms []*fhir.Value, conclusion string) {
	var texts []string
	all := results(r.group)
	narrative := len(all) > 0
	for _, one := range all {
		narrative = narrative && (one.kind() == "TX" || one.kind() == "FT")
	}
	for _, one := range all {
		kind := one.kind()
		if kind == "ED" {
			one.obx.skip(2, 3, 4, 11, 14)
			if form := s.attachment(one.obx.f(5), one.obx.f(3).Component(2).String()); form != nil {
				forms = append(forms, form)
			}
			continue
		}
		if textKind(kind) && (r.imaging() || narrative) {
			title := orDefault(whole(one.obx.f(3), 2), whole(one.obx.f(3), 1))
			texts = append(texts, heading(title, len(all))+one.text())
			if impression(whole(one.obx.f(3), 1), title) {
				conclusion = one.text()
			}
			if r.imaging() {
				s.notes(one.notes)
				continue
			}
		}
		if d, ok := s.observation(one, c); ok {
			m.Drafts = append(m.Drafts, d)
			refs = append(refs, keyRef("Observation", d.Key))
		}
	}
	if len(texts) > 0 {
		forms = append(forms, plainText(strings.Join(texts, "\n\n"), orDefault(whole(r.obr.f(4), 2), "Report")))
	}
	return refs, forms, conclusion
}

func heading(title string, parts int) string {
	if title == "" || parts < 2 {
		return ""
	}
	return title + "\n"
}

// impression tells the part of a report that sums it up: by LOINC 19005-8,
// the suffix IMP of HL7 chapter 7, or its name.
func impression(code, title string) bool {
	t := strings.ToLower(title)
	return code == "19005-8" || code == "IMP" || strings.HasSuffix(code, "&IMP") ||
		strings.Contains(t, "impression") || strings.Contains(t, "conclusion")
}

// reportStatus is table 0123.
func reportStatus(code string) string {
	switch strings.ToUpper(code) {
	case "F", "Y", "Z":
		return "final"
	case "C":
		return "corrected"
	case "P", "R":
		return "preliminary"
	case "A":
		return "partial"
	case "O", "I", "S":
		return "registered"
	case "X":
		return cancelled
	}
	return unknown
}

func (s *source) serviceCode(obr *segment, kinds ...crosswalk.Kind) *fhir.Value {
	if f := obr.f(4); f.Valued() {
		return s.ours(s.concept(f), kinds...)
	}
	return fhir.Obj("text", "Result")
}

// basedOn names the order by number: it may not be known here.
func (s *source) basedOn(r report) *fhir.Value {
	if r.placer == "" {
		return nil
	}
	return fhir.Arr(fhir.Obj("type", "ServiceRequest", "identifier", s.local(uk.PlacerOrder, r.placer)))
}

// interpreter is OBR-32, whose first component holds a name (NDL).
func (s *source) interpreter(obr *segment) *fhir.Value {
	f := obr.f(32)
	if !f.Valued() {
		return nil
	}
	c := f.Component(1)
	if c.Sub(2).Valued() {
		name := strings.Join(strings.Fields(strings.Join([]string{c.Sub(6).String(), c.Sub(3).String(), c.Sub(2).String()}, " ")), " ")
		return fhir.Obj("type", "Practitioner", "identifier", s.local(uk.StaffCode, c.Sub(1).String()), "display", name)
	}
	return s.practitioner(f)
}

// specimens: SPM-4, in older messages OBR-15.
func (s *source) specimens(r report) []any {
	var all []any
	for _, g := range r.group {
		if g.ID() != "SPM" {
			continue
		}
		g.skip(1)
		id := orDefault(g.f(2).Component(2).Sub(1).String(), g.f(2).Component(1).Sub(1).String())
		what := s.concept(g.f(4))
		all = append(all, fhir.Obj("type", "Specimen", "identifier", s.local("specimen", id), "display", what.StrAt("text")))
	}
	if f := r.obr.f(15); len(all) == 0 && f.Valued() {
		text := orDefault(f.Component(1).Sub(2).String(), f.Component(1).Sub(1).String())
		all = append(all, fhir.Obj("type", "Specimen", "display", text))
	}
	return all
}

// reportNote carries NTE that stand before the first OBX.
func (s *source) reportNote(r report) *fhir.Value {
	var before []*segment
	for _, g := range r.group {
		if g.ID() == "OBX" {
			break
		}
		before = append(before, g)
	}
	note := s.notes(before)
	if note == nil {
		return nil
	}
	return fhir.Obj("url", "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DiagnosticReportNote",
		"valueAnnotation", note.At(0))
}

// addReportDocument makes a document of a note that came as a result.
func (s *source) addReportDocument(m *Mapped, r report, visitRef *fhir.Value) error {
	var content []*fhir.Value
	var texts []string
	title := r.obr.f(4).Component(2).String()
	for _, one := range results(r.group) {
		if one.kind() == "ED" {
			one.obx.skip(2, 3, 4, 11, 14)
			if a := s.attachment(one.obx.f(5), orDefault(one.obx.f(3).Component(2).String(), title)); a != nil {
				content = append(content, a)
			}
			continue
		}
		if t := one.text(); t != "" {
			texts = append(texts, t)
		}
	}
	if len(texts) > 0 {
		content = append(content, plainText(strings.Join(texts, "\n"), title))
	}
	if len(content) == 0 {
		return fault.New(fault.Invalid, "intake.document", "a document has no content").In("OBX-5")
	}
	at := s.instant(r.obr.f(22))
	if at == "" {
		at = s.instant(r.obr.f(7))
	}
	d := documentParts{
		key: "document|" + s.reportKey(r), number: r.filler, kind: s.serviceCode(r.obr, crosswalk.DocKinds, crosswalk.Orders), docStatus: "preliminary",
		date: orDefault(at, s.eventStamp()), authors: s.practitioners(r.obr.f(16)), visit: visitRef, content: content,
		description: r.obr.f(4).Component(5).String(),
	}
	switch strings.ToUpper(r.obr.str(25)) {
	case "F", "AU", "LA":
		d.docStatus = "final"
	case "C":
		d.docStatus = "amended"
	}
	m.Drafts = append(m.Drafts, s.document(d))
	return nil
}

package webui

import (
	"strings"

	"concord/care/chart"
	"concord/fault"
	"concord/standard/fhir"
)

// documents is /p/{id}/documents
func (s *Site) documents(v *visit) (*answer, error) {
	o, err := s.open(v, "documents", chart.DocumentSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, "Documents", answer{body: documentsPage(o.frame, o.lens.Documents(o.chart))})
}

// document is /p/{id}/documents/{doc}, with doc as Type~id.
func (s *Site) document(v *visit) (*answer, error) {
	o, d, err := s.openDocument(v)
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	return recordAnswer(o, d.Title, answer{body: documentPage(o.frame, d)})
}

func (s *Site) openDocument(v *visit) (*opened, *chart.Document, error) {
	typ, id, _ := strings.Cut(v.PathValue("doc"), "~")
	unknown := fault.New(fault.NotFound, "webui.document", "there is no such document")
	if typ != "DocumentReference" && typ != "DiagnosticReport" && typ != "Composition" || !fhir.ValidID(id) {
		return nil, nil, unknown
	}
	o, err := s.open(v, "documents", chart.DocumentSection(typ, id))
	if err != nil || o.to != "" {
		return o, nil, err
	}
	d := o.lens.Document(o.chart)
	if d == nil {
		return nil, nil, unknown
	}
	return o, d, nil
}

// attachment is /p/{id}/documents/{doc}/{n}: one file of a document.
func (s *Site) attachment(v *visit) (*answer, error) {
	o, d, err := s.openDocument(v)
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	n := number(v.PathValue("n"))
	if n < 0 || n >= len(d.Files) || d.Files[n].Data == nil {
		return nil, fault.New(fault.NotFound, "webui.attachment", "there is no such file")
	}
	return &answer{file: &download{name: fileName(d.Files[n]), kind: safeType(d.Files[n].ContentType), body: d.Files[n].Data}}, nil
}

// safeType keeps only types that cannot run: anything else is plain bytes.
func safeType(kind string) string {
	switch kind {
	case "application/pdf", "application/rtf", "text/rtf", "image/png", "image/jpeg", "image/tiff", "text/plain":
		return kind
	}
	return "application/octet-stream"
}

// fileName is a neutral name: no patient in a download's name.
func fileName(f chart.File) string {
	ext := map[string]string{"application/pdf": ".pdf", "application/rtf": ".rtf", "text/rtf": ".rtf",
		"image/png": ".png", "image/jpeg": ".jpg", "image/tiff": ".tif"}[f.ContentType]
	if ext == "" {
		ext = ".bin"
	}
	return "document" + ext
}

// encounters is /p/{id}/encounters
func (s *Site) encounters(v *visit) (*answer, error) {
	o, err := s.open(v, "encounters", chart.EncounterSections())
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	e := o.lens.Encounters(o.chart)
	n := max(number(v.URL.Query().Get("page")), 1)
	return recordAnswer(o, "Encounters", answer{body: encountersPage(o.frame, e, n)})
}

// encounter is /p/{id}/encounters/{enc}
func (s *Site) encounter(v *visit) (*answer, error) {
	id := v.PathValue("enc")
	unknown := fault.New(fault.NotFound, "webui.encounter", "there is no such encounter")
	if !fhir.ValidID(id) {
		return nil, unknown
	}
	o, err := s.open(v, "encounters", chart.StaySections(id))
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	stay := o.lens.Stay(o.chart)
	if stay == nil {
		return nil, unknown
	}
	return recordAnswer(o, stay.Title, answer{body: stayPage(o.frame, stay)})
}

// origin is /p/{id}/item/{type}/{item}: where one item came from.
func (s *Site) origin(v *visit) (*answer, error) {
	typ, id := v.PathValue("type"), v.PathValue("item")
	unknown := fault.New(fault.NotFound, "webui.item", "there is no such item")
	if !fhir.ValidID(id) || !fhir.ValidID(typ) {
		return nil, unknown
	}
	o, err := s.open(v, "item", chart.OriginSections(typ, id))
	if err != nil {
		return nil, err
	}
	if o.to != "" {
		return redirect(o.to)
	}
	x := o.lens.Origin(o.chart)
	if x == nil {
		return nil, unknown
	}
	return recordAnswer(o, "Where this came from: "+x.Title, answer{body: originPage(o.frame, x)})
}

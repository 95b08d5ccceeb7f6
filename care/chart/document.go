package chart

import (
	"encoding/base64"
	"html"
	"regexp"
	"slices"
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// Document is a letter, a report or a note.
type Document struct {
	Ref     string // "DocumentReference/abc"
	Title   string
	Kind    string // "Letter", "Laboratory report", …
	When    When
	Status  string
	Summary string // the first words, or the conclusion
	HasText bool   // there are words to read here
	Source  Source
	// Set by Document, for the page of one document.
	Text  []string // paragraphs
	Files []File
}

// File is an attachment that is not plain words.
type File struct {
	Name        string
	ContentType string
	Data        []byte // nil when it lies elsewhere
	URL         string // "Binary/abc" when it lies in the record
}

// Documents is the list of documents.
type Documents struct {
	Rows     []Document
	Withheld bool
}

// DocumentSections is the query of the documents page.
func DocumentSections() []record.Section {
	return append(BannerSections(),
		record.Section{Type: "DocumentReference", Newest: 200},
		record.Section{Type: "DiagnosticReport", Newest: 200},
		record.Section{Type: "Composition", Newest: 50})
}

// Documents reads the documents page: letters, and reports with words.
func (l Lens) Documents(c *record.Chart) *Documents {
	d := &Documents{Withheld: withheld(c, bannerSections, bannerSections+1, bannerSections+2)}
	for s := bannerSections; s < bannerSections+3; s++ {
		items, _ := list(c, s)
		for _, i := range items {
			if x := l.document(i); i.Type != "DiagnosticReport" || x.HasText {
				d.Rows = append(d.Rows, x)
			}
		}
	}
	newestFirst(d.Rows, func(x Document) When { return x.When })
	return d
}

func newestFirst[T any](rows []T, when func(T) When) {
	slices.SortStableFunc(rows, func(a, b T) int { return when(b).At.Compare(when(a).At) })
}

// DocumentSection is the query of one document's page.
func DocumentSection(typ, id string) []record.Section {
	return append(BannerSections(), record.Section{Type: typ, Where: "_id=" + id})
}

// Document reads one document's page; nil when it is not in this record.
func (l Lens) Document(c *record.Chart) *Document {
	items, _ := list(c, bannerSections)
	if len(items) == 0 {
		return nil
	}
	d := l.document(items[0])
	r := items[0].Resource
	switch items[0].Type {
	case "DocumentReference":
		for a := range r.Get("content").Each() {
			d.attach(a.Get("attachment"))
		}
	case "DiagnosticReport":
		if s := r.StrAt("conclusion"); s != "" {
			d.Text = append(d.Text, paragraphs(s)...)
		}
		for a := range r.Get("presentedForm").Each() {
			d.attach(a)
		}
	case "Composition":
		for s := range r.Get("section").Each() {
			d.section(s)
		}
	}
	if d.Text == nil {
		d.Text = paragraphs(plain(r.StrAt("text.div")))
	}
	return &d
}

func (d *Document) section(s *fhir.Value) {
	if t := s.StrAt("title"); t != "" {
		d.Text = append(d.Text, t)
	}
	d.Text = append(d.Text, paragraphs(plain(s.StrAt("text.div")))...)
	for inner := range s.Get("section").Each() {
		d.section(inner)
	}
}

func (l Lens) document(i *record.Item) Document {
	r := i.Resource
	d := Document{Ref: i.Ref(), Source: l.source(i), Status: sentence(r.StrAt("status"))}
	switch i.Type {
	case "DocumentReference":
		d.Title, d.Kind = r.StrAt("description"), fhir.ConceptText(r.Get("type"))
		d.When = l.firstWhen(r, "date", "context.period.start", "content.0.attachment.creation")
		if d.Title == "" {
			d.Title = r.StrAt("content.0.attachment.title")
		}
		d.HasText = true
		if d.Status == "Superseded" {
			d.Status = "Replaced by a newer one"
		} else if s := r.StrAt("docStatus"); s != "" && s != "final" {
			d.Status = sentence(s)
		}
	case "DiagnosticReport":
		d.Title, d.Kind = fhir.ConceptText(r.Get("code")), reportKind(r)
		d.When = l.firstWhen(r, "effectiveDateTime", "effectivePeriod.start", "issued")
		d.Summary = firstWords(r.StrAt("conclusion"))
		d.HasText = d.Summary != "" || r.Get("presentedForm").Len() > 0
	case "Composition":
		d.Title, d.Kind = r.StrAt("title"), fhir.ConceptText(r.Get("type"))
		d.When, d.HasText = l.firstWhen(r, "date"), true
	}
	if d.Title == "" {
		d.Title = d.Kind
	}
	if d.Title == "" {
		d.Title = "Document without a title"
	}
	if d.Kind == d.Title {
		d.Kind = ""
	}
	if d.Status == "Current" || d.Status == "Final" {
		d.Status = ""
	}
	if d.Source.Withdrawn {
		d.Status = "Withdrawn"
	}
	return d
}

func reportKind(r *fhir.Value) string {
	for c := range r.Get("category").Each() {
		if c.StrAt("coding.0.code") == "vital-signs" {
			return "Observations"
		}
		if kind := diagnosticService(c.StrAt("coding.0.code")); kind != "" {
			return kind
		}
		if t := fhir.ConceptText(c); t != "" {
			return t
		}
	}
	return "Report"
}

// diagnosticService words the codes of HL7 table 0074
// (http://terminology.hl7.org/CodeSystem/v2-0074) that laboratories use.
func diagnosticService(code string) string {
	switch code {
	case "LAB":
		return "Laboratory report"
	case "CH":
		return "Chemistry report"
	case "HM":
		return "Haematology report"
	case "BG":
		return "Blood gas report"
	case "BLB":
		return "Blood bank report"
	case "IMM":
		return "Immunology report"
	case "MB", "MCB":
		return "Microbiology report"
	case "SP", "CP":
		return "Cellular pathology report"
	case "RAD", "RX", "CT", "NMR", "NMS", "US", "RUS", "XRC", "CUS", "OUS", "VUS":
		return "Imaging report"
	case "EC", "ECG":
		return "ECG report"
	}
	return ""
}

// attach takes an attachment in: words become text, anything else a file.
func (d *Document) attach(a *fhir.Value) {
	kind, _, _ := strings.Cut(a.StrAt("contentType"), ";")
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(a.StrAt("data")), ""))
	if err != nil {
		data = nil
	}
	switch {
	case data != nil && (kind == "text/plain" || kind == ""):
		d.Text = append(d.Text, paragraphs(strings.ToValidUTF8(string(data), "\uFFFD"))...)
		return
	case data != nil && (kind == "text/html" || kind == "application/xhtml+xml"):
		d.Text = append(d.Text, paragraphs(plain(strings.ToValidUTF8(string(data), "\uFFFD")))...)
		return
	case data != nil && (kind == "text/rtf" || kind == "application/rtf"):
		d.Text = append(d.Text, paragraphs(richText(string(data)))...) // the file is offered as well
	}
	name := a.StrAt("title")
	if name == "" {
		name = "Attachment " + strings.TrimPrefix(kind, "application/")
	}
	if data != nil || a.StrAt("url") != "" {
		d.Files = append(d.Files, File{Name: name, ContentType: kind, Data: data, URL: a.StrAt("url")})
	}
}

func firstWords(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const most = 140
	if len(s) <= most {
		return s
	}
	cut := strings.LastIndexByte(s[:most], ' ')
	if cut < 0 {
		cut = most
	}
	return strings.ToValidUTF8(s[:cut], "") + " …"
}

func paragraphs(s string) []string {
	var out []string
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	for _, p := range strings.Split(s, "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) != "" {
			out = append(out, p)
		}
	}
	return out
}

// plain takes the markup off a narrative. The words are shown as text and
// never as HTML, so that nothing in them can act.
func plain(div string) string {
	if div == "" {
		return ""
	}
	div = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>`).ReplaceAllString(div, "")
	div = regexp.MustCompile(`(?i)<(br|/tr|/li)[^>]*>`).ReplaceAllString(div, "\n")
	div = regexp.MustCompile(`(?i)</(p|div|h[1-6]|table|ul|ol)>`).ReplaceAllString(div, "\n\n")
	div = regexp.MustCompile(`(?i)</t[dh]>`).ReplaceAllString(div, "  ")
	div = html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(div, ""))
	return regexp.MustCompile(`\n{3,}`).ReplaceAllString(div, "\n\n")
}

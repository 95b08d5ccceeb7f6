package reconcile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"concord/fault"
)

// PDF is the report to print and to sign by hand: the same report is the same
// bytes. sealed is nil when it is not signed.
func (r *Report) PDF(sealed *Sealed) ([]byte, error) {
	p := newPaper(r)
	p.head(r, sealed)
	p.judgement(r)
	p.counts(r)
	p.figures(r)
	p.sample(r)
	p.differences(r)
	if sealed != nil {
		p.title("Signature")
		p.pdf.SetFont("Courier", "", 7)
		p.pdf.MultiCell(0, 3.4, p.text(string(sealed.Signed)), "", "L", false)
	}
	var out bytes.Buffer
	if err := p.pdf.Output(&out); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "reconcile.pdf", "the report cannot be printed")
	}
	return out.Bytes(), nil
}

// paper is a PDF that is being written: A4, fonts that every reader has.
type paper struct {
	pdf  *fpdf.Fpdf
	text func(string) string // to the encoding of those fonts
}

func newPaper(r *Report) *paper {
	pdf := fpdf.New("P", "mm", "A4", "")
	p := &paper{pdf: pdf, text: pdf.UnicodeTranslatorFromDescriptor("")}
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(r.Ended)
	pdf.SetModificationDate(r.Ended)
	pdf.SetTitle("Reconciliation of load "+r.Load, true)
	pdf.SetLang("en-GB")
	pdf.SetMargins(16, 16, 16)
	pdf.SetAutoPageBreak(true, 18)
	pdf.AliasNbPages("")
	pdf.SetFooterFunc(func() {
		pdf.SetY(-13)
		pdf.SetFont("Helvetica", "", 7.5)
		pdf.CellFormat(0, 4, p.text(fmt.Sprintf("%s · load %s · page %d of {nb}", r.Trust, r.Load, pdf.PageNo())), "", 0, "C", false, 0, "")
	})
	pdf.AddPage()
	return p
}

func (p *paper) title(text string) {
	p.pdf.Ln(3)
	p.pdf.SetFont("Helvetica", "B", 11)
	p.pdf.CellFormat(0, 7, p.text(text), "B", 1, "L", false, 0, "")
	p.pdf.Ln(1)
}

func (p *paper) line(text string) {
	p.pdf.SetFont("Helvetica", "", 9)
	p.pdf.MultiCell(0, 4.6, p.text(text), "", "L", false)
}

// row writes cells of a table; widths are in millimetres.
func (p *paper) row(bold bool, widths []float64, cells ...string) {
	style := ""
	if bold {
		style = "B"
	}
	p.pdf.SetFont("Helvetica", style, 8)
	for i, c := range cells {
		align := "L"
		if _, err := strconv.Atoi(c); err == nil {
			align = "R"
		}
		t := p.text(c)
		for p.pdf.GetStringWidth(t) > widths[i]-2 && len(t) > 1 {
			t = t[:len(t)-1]
		}
		p.pdf.CellFormat(widths[i], 4.8, t, "B", 0, align, false, 0, "")
	}
	p.pdf.Ln(4.8)
}

func (p *paper) head(r *Report, sealed *Sealed) {
	p.pdf.SetFont("Helvetica", "B", 15)
	p.pdf.CellFormat(0, 9, p.text("Reconciliation of load "+r.Load), "", 1, "L", false, 0, "")
	p.line(fmt.Sprintf("%s, from %s: trial %d, taken %s, loaded %s to %s (UTC).", r.Trust, r.Source, r.Trial,
		r.Taken.UTC().Format("02-Jan-2006 15:04"), r.Began.UTC().Format("02-Jan-2006 15:04"), r.Ended.UTC().Format("15:04")))
	if sealed == nil {
		p.line("Not signed.")
		return
	}
	p.line("SHA-256 of the report as JSON: " + sealed.Hash)
}

func (p *paper) judgement(r *Report) {
	p.title("Go or no go")
	if r.Go {
		p.line("Go: nothing stands against it that nobody took on.")
	} else {
		p.line("No go.")
	}
	for _, b := range r.Blocks {
		state := "stands against the go"
		if b.Accepted {
			state = "taken on"
		}
		p.line(fmt.Sprintf("%s: %d (%s)", b.Words(), b.Rows, state))
	}
	for _, a := range r.Accepted {
		p.line(fmt.Sprintf("Taken on by %s (%s), %s: %s, %d: %s", a.Name, a.By, a.At.Format("02-Jan-2006 15:04"), a.Code, a.Rows, a.Words))
	}
}

func (p *paper) counts(r *Report) {
	p.title("Counts and content, class by class")
	w := []float64{30, 16, 16, 18, 18, 16, 16, 16, 16, 16}
	p.row(true, w, "Class", "Source", "Refused", "To load", "In record", "Before", "Equal", "Differ", "Absent", "Extra")
	for _, c := range r.Classes {
		p.row(false, w, c.Class, num(c.Source), num(c.Refused), num(c.Loadable), num(c.Record), num(c.Before), num(c.Equal), num(c.Differ), num(c.Absent), num(c.Extra+c.Doubled))
	}
	if r.Unread > 0 {
		p.line(fmt.Sprintf("Resources and messages that could not be read, and were not mended: %d", r.Unread))
	}
	p.pdf.Ln(1)
	p.pdf.SetFont("Courier", "", 6.5)
	for _, c := range r.Classes {
		p.pdf.MultiCell(0, 3, p.text(fmt.Sprintf("%-13s source %s\n%-13s record %s", c.Class, c.SourceHash, "", c.RecordHash)), "", "L", false)
	}
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

func (p *paper) figures(r *Report) {
	p.title("What must be right")
	for _, s := range r.Safety {
		p.line(fmt.Sprintf("%s: %d of %d equal; %d refused before the load", map[string]string{"alerts": "Allergies and alerts", "medicines": "Active medicines"}[s.What], s.Equal, s.Rows, s.Refused))
	}
	p.line(fmt.Sprintf("Referral-to-treatment clocks: %d of %d equal on both sides; %d run%s", r.Clocks.Equal, r.Clocks.Pathways, r.Clocks.Running, counted(r.Clocks.Differ)))
	p.line(fmt.Sprintf("Waiting lists: %d of %d say what their events come to%s; %d clocks run and are on no list", r.Lists.Equal, r.Lists.Listed, counted(r.Lists.Differ), r.Lists.Unlisted))
	p.line("Appointments: " + r.Appointments.Words())
	p.line(fmt.Sprintf("Open stays with a bed: %d; %d share a bed, %d are in one that the org pack has not, %d in one said to be empty; %d beds said to be occupied have no stay", r.Beds.Open, r.Beds.Shared, r.Beds.Unknown, r.Beds.Empty, r.Beds.Nobody))
	p.line(fmt.Sprintf("Unsent documents: %d in the source, %d marked in the record", r.Documents.Unsent, r.Documents.Marked))
	for _, n := range r.NotHeld {
		p.line(fmt.Sprintf("Not held by the record: column %s of %s, a file of %d rows", n.Column, n.File, n.Rows))
	}
}

func counted(m map[string]int64) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (p *paper) sample(r *Report) {
	p.title("Sample, to be checked against the source's screen")
	w := []float64{9, 26, 34, 34, 40, 35}
	p.row(true, w, "No", "Class", "Key", "Patient", "Why", "Checked")
	for _, s := range r.Sample {
		said := "open"
		if a := r.checked(s.N); a != nil && a.Agrees {
			said = "agrees, " + a.By
		} else if a != nil {
			said = "differs, " + a.By
		}
		p.row(false, w, strconv.Itoa(s.N), s.Class, orWithheld(s.Key), orWithheld(s.Patient), s.Why, said)
	}
	for _, a := range r.Checked {
		if a.Words != "" {
			p.line(fmt.Sprintf("No %d, %s (%s), %s: %s", a.N, a.Name, a.By, a.At.Format("02-Jan-2006 15:04"), a.Words))
		}
	}
}

func orWithheld(key string) string {
	if key == "" {
		return "withheld"
	}
	return key
}

func (p *paper) differences(r *Report) {
	if len(r.Differences) == 0 {
		return
	}
	p.title("Differences, by the source's keys")
	w := []float64{26, 42, 110}
	p.row(true, w, "Class", "Key", "What")
	for _, d := range r.Differences {
		p.row(false, w, d.Class, orWithheld(d.Key), d.Words())
	}
	for _, k := range slices.Sorted(maps.Keys(r.Unlisted)) {
		p.line(fmt.Sprintf("and %d more: %s", r.Unlisted[k], k))
	}
}

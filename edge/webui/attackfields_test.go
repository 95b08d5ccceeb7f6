package webui_test

import (
	"bytes"
	"encoding/csv"
	"mime/multipart"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/record"
	"concord/record/access"
	"concord/record/grant"
)

// marked is hostile text that tells which field it was written into, when it is met.
func marked(field string) string { return line + " seen-" + field }

var seenField = regexp.MustCompile(`seen-([a-z-]+)`)

// mustBeSeen are fields that some page shows: when the crawl meets one on none, it does
// not come to that page any more.
var mustBeSeen = []string{"letterhead", "pack-title", "extract-source", "extract-cell", "extract-file", "app", "app-contact", "seal-code", "seal-why", "glass-why"}

// hostileExtract puts beside each file of the extract that has arrived rows of which
// one field is hostile, and a file whose name is; and names its source so.
func (s *stage) hostileExtract() {
	dir := filepath.Join(s.stages, "R1K", ".inbox", "first")
	names, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	s.must(err)
	for _, name := range names {
		f, err := os.Open(name)
		s.must(err)
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		s.must(err)
		key := slices.Index(rows[0], "key")
		for i := range rows[0] {
			row := slices.Clone(rows[1])
			if key >= 0 {
				row[key] = "X" + strconv.Itoa(i)
			}
			row[i] = marked("extract-cell")
			rows = append(rows, row)
		}
		s.writeCSV(name, rows)
		if filepath.Base(name) == "patients.csv" {
			s.writeCSV(filepath.Join(dir, "patients-"+strings.ReplaceAll(marked("extract-file"), "/", "")+".csv"), [][]string{rows[0], rows[len(rows)-1-len(rows[0])+1]})
		}
	}
	manifest := filepath.Join(dir, "extract.yaml")
	text, err := os.ReadFile(manifest)
	s.must(err)
	source := regexp.MustCompile(`(?m)^source:.*$`)
	if !source.Match(text) {
		s.t.Fatalf("no source in %s", text)
	}
	quoted := `source: '` + strings.ReplaceAll(marked("extract-source"), "'", "''") + `'`
	s.must(os.WriteFile(manifest, source.ReplaceAllLiteral(text, []byte(quoted)), 0o600))
}

func (s *stage) writeCSV(name string, rows [][]string) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	s.must(w.WriteAll(rows))
	s.must(os.WriteFile(name, []byte(b.String()), 0o600))
}

// hostilePacks has the packs of two organisations run with hostile names wherever
// somebody names something.
func (s *stage) hostilePacks() {
	for _, org := range []string{"RQM", "R1K"} {
		p := s.packOf(org)
		p.Organisation.Name = marked("pack-organisation")
		for i := range p.Sites {
			p.Sites[i].Name = marked("pack-site")
		}
		for i := range p.Wards {
			p.Wards[i].Name = marked("pack-ward")
		}
		for i := range p.Clinics {
			p.Clinics[i].Name = marked("pack-clinic")
		}
		for i := range p.Consultants {
			p.Consultants[i].Name = marked("pack-consultant")
		}
		for i := range p.Teams {
			p.Teams[i].Name = marked("pack-team")
		}
		for i := range p.Roles {
			p.Roles[i].Title = marked("pack-title")
		}
		p.Letterheads = []pack.Letterhead{{Name: marked("pack-head"), Lines: []string{marked("letterhead"), marked("letterhead")}}}
		s.runs(p)
		s.packs = append(s.packs, pack.Kept{Pack: p})
	}
}

// hostileApp is an app of a hostile name that the registrar's organisation lets in.
func (s *stage) hostileApp() *grant.App {
	app, err := s.grants.Register(s.ctx, grant.App{Name: marked("app"), Contact: marked("app-contact"), Redirects: []string{appBack}, Launch: "https://app.example/launch",
		Scopes: "openid launch launch/patient launch/encounter offline_access patient/*.rs"})
	s.must(err)
	s.must(s.grants.Office(s.desk.For(access.Requester{ID: "cli", Role: access.Operator}, access.Reason{Purpose: access.Administration})).Approve(s.ctx, app.ID, access.Domain))
	return app
}

// hostileMarks is a privacy officer's decision of a hostile code, for a hostile reason.
func (s *stage) hostileMarks() {
	officer := s.desk.For(access.Requester{ID: "privacy", Role: access.Privacy, Org: access.Domain}, access.Reason{Purpose: access.Administration})
	_, err := officer.Mark(s.ctx, record.MarkAsked{Patient: s.people["hostile"], Do: record.Seal, Code: "urn:x|" + marked("seal-code")}, marked("seal-why"))
	s.must(err)
}

// hostileJoining takes the hostile extract in, up to its reconciliation.
func (s *stage) hostileJoining() {
	s.hostileExtract()
	s.does(course.TakeIn, course.Match, course.Load, course.Reconcile)
}

// TestHostilePack: the pages of an org pack show what a pack says, what it would change
// and what is wrong with it as text, the names of its files too.
func TestHostilePack(t *testing.T) {
	s := newStage(t)
	s.joiners()
	b := s.as("lead")
	quoted := `"` + strings.ReplaceAll(marked("pack-ward"), `"`, `\"`) + `"`
	upload := func(file string, change *strings.Replacer) reply {
		t.Helper()
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for _, name := range []string{"organisation.yaml", "wards.yaml", "clinics.yaml", "feeds.yaml"} {
			text, err := os.ReadFile(filepath.Join("..", "..", "demo", "packs", "R1K", name))
			s.must(err)
			if name == "wards.yaml" {
				name, text = file, []byte(change.Replace(string(text)))
			}
			f, err := w.CreateFormFile("pack", name)
			s.must(err)
			f.Write(text)
		}
		w.Close()
		res, err := b.client.Post(s.server.URL+"/onboard/R1K/register", w.FormDataContentType(), &body)
		r := b.read(res, err)
		if opened.MatchString(r.body) || r.status >= 500 {
			t.Errorf("%s: %d lets hostile text out: %.400s", file, r.status, opened.FindString(r.body))
		}
		return r
	}
	upload("wards.yaml", strings.NewReplacer("code: Crick", "code: "+quoted, "name: Crick", "name: "+quoted)).has(t, "added    wards", "&lt;xss-canary x=1 onx=y&gt;", "seen-pack-ward")
	upload("wards.yaml", strings.NewReplacer("code: Crick", "code: "+quoted, `specialty: "180"`, "specialty: "+quoted)).has(t, "&lt;xss-canary x=1 onx=y&gt;")
	upload("wards.yaml", strings.NewReplacer("wards:", line+":"))
	upload(`"'><xss-canary x=1 onx=y>.yaml`, strings.NewReplacer(`specialty: "180"`, "specialty: x"))
}

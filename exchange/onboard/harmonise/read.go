package harmonise

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
	"concord/fault"
	"concord/standard/ucum"
)

// Catalogue is what an organisation's files say: entries by kind, and the
// policy by which they are harmonised.
type Catalogue struct {
	Org     string  `json:"org"`
	Entries []Entry `json:"entries"`
	Policy  Policy  `json:"policy"`
}

// Policy says what may be done without somebody's decision.
type Policy struct {
	// SameNationalCode are kinds of which an entry is mapped to the one that has
	// the same national code.
	SameNationalCode []Kind `yaml:"same-national-code,omitempty" json:"sameNationalCode,omitempty"`
	// AllowedDays is for how many days at most a code may be allowed unmapped;
	// 0 = 180.
	AllowedDays int `yaml:"allowed-days,omitempty" json:"allowedDays,omitempty"`
}

// Problem is one rule that a catalogue breaks.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line"` // of a table; the number of the entry otherwise
	Rule string `json:"rule"` // stable: "catalogue.unit"
	Text string `json:"text"`
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s (%s)", p.File, p.Line, p.Text, p.Rule)
}

const (
	policyFile  = "policy.yaml"
	maxFile     = 16 << 20
	maxEntries  = 50_000
	maxText     = 300
	maxProblems = 200
)

// Files reads the files of a folder: one CSV or YAML file a kind (results.csv)
// and policy.yaml. Codes: "catalogue.empty", "catalogue.file",
// "catalogue.large".
func Files(dir fs.FS) (map[string][]byte, error) {
	list, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "catalogue.empty", "the folder of the catalogue cannot be read")
	}
	out := map[string][]byte{}
	for _, f := range list {
		name := f.Name()
		if f.IsDir() || strings.HasPrefix(name, ".") || name == "build.yaml" { // decisions are read by themselves
			continue
		}
		if _, ok := kindOf(name); !ok && name != policyFile {
			return nil, fault.New(fault.Invalid, "catalogue.file", "%s is no file of a catalogue: a kind (results, drugs, …) with .csv or .yaml, or policy.yaml", name)
		}
		if st, err := f.Info(); err == nil && st.Size() > maxFile {
			return nil, fault.New(fault.TooCostly, "catalogue.large", "a file of a catalogue has at most %d MB", maxFile>>20)
		}
		if out[name], err = fs.ReadFile(dir, name); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "catalogue.file", "%s cannot be read", name)
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "catalogue.empty", "the folder holds no file of a catalogue")
	}
	return out, nil
}

func kindOf(name string) (Kind, bool) {
	ext := path.Ext(name)
	kind := Kind(strings.TrimSuffix(name, ext))
	return kind, (ext == ".csv" || ext == ".yaml") && slices.Contains(Kinds(), kind)
}

// Read reads an organisation's files and holds them against the rules. domain
// tells the catalogue of the domain itself, whose units must be of UCUM. Either
// the catalogue or the problems are nil.
func Read(org string, files map[string][]byte, domain bool) (*Catalogue, []Problem) {
	r := &reader{out: &Catalogue{Org: org, Entries: []Entry{}}, domain: domain}
	for _, name := range sortedNames(files) {
		r.file, r.seen = name, map[string]bool{}
		kind, ok := kindOf(name)
		switch {
		case name == policyFile:
			r.policy(files[name])
		case !ok:
			r.wrong(1, "catalogue.file", "this is no file of a catalogue")
		case !utf8.Valid(files[name]):
			r.wrong(1, "catalogue.text", "the file is not UTF-8")
		case path.Ext(name) == ".csv":
			r.table(kind, files[name])
		default:
			r.list(kind, files[name])
		}
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.out, nil
}

func sortedNames(files map[string][]byte) []string {
	out := make([]string, 0, len(files))
	for n := range files {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// reader reads one catalogue.
type reader struct {
	out      *Catalogue
	domain   bool
	file     string
	seen     map[string]bool
	problems []Problem
}

func (r *reader) wrong(line int, rule, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{r.file, line, rule, fmt.Sprintf(format, args...)})
	}
}

// decode is strict, and takes what the library panics on for an error.
func decode(text []byte, into any) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("cannot be read")
		}
	}()
	return yaml.UnmarshalWithOptions(text, into, yaml.Strict(), yaml.DisallowUnknownField())
}

func (r *reader) policy(text []byte) {
	if err := decode(text, &r.out.Policy); err != nil {
		r.wrong(1, "catalogue.yaml", "the policy cannot be read")
		return
	}
	for _, k := range r.out.Policy.SameNationalCode {
		if !slices.Contains(Kinds(), k) {
			r.wrong(1, "catalogue.policy", "%q is no kind of catalogue", k)
		}
	}
	if n := r.out.Policy.AllowedDays; n < 0 || n > 730 {
		r.wrong(1, "catalogue.policy", "allowed-days is from 1 to 730")
	}
}

func (r *reader) list(kind Kind, text []byte) {
	var list []Entry
	if err := decode(text, &list); err != nil {
		r.wrong(1, "catalogue.yaml", "the file cannot be read as a list of entries")
		return
	}
	for i, e := range list {
		e.Kind = kind
		r.entry(i+1, e)
	}
}

// columns of a table, and where each goes.
func columns() []string {
	return []string{"code", "name", "system", "national_system", "national_code", "unit", "molar_mass", "specialty", "site", "uses"}
}

func (r *reader) table(kind Kind, text []byte) {
	t := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	head, err := t.Read()
	if err != nil {
		r.wrong(1, "catalogue.csv", "the header cannot be read")
		return
	}
	for i, h := range head {
		if h = strings.TrimSpace(strings.ToLower(h)); !slices.Contains(columns(), h) || slices.Contains(head[:i], h) {
			r.wrong(1, "catalogue.column", "the column %q is not known, or is there twice", clipped(h))
			return
		}
		head[i] = h
	}
	for {
		row, err := t.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			line := 1
			if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
				line = bad.Line
			}
			r.wrong(line, "catalogue.csv", "the record cannot be read, or has not as many fields as the header")
			return
		}
		line, _ := t.FieldPos(0)
		at := map[string]string{}
		for i, v := range row {
			at[head[i]] = strings.TrimSpace(v)
		}
		e := Entry{Kind: kind, Code: at["code"], Name: at["name"], System: at["system"], National: Coding{at["national_system"], at["national_code"]},
			Unit: at["unit"], MolarMass: at["molar_mass"], Specialty: at["specialty"], Site: at["site"]}
		if u := at["uses"]; u != "" {
			if e.Uses, err = strconv.ParseInt(u, 10, 64); err != nil || e.Uses < 0 {
				r.wrong(line, "catalogue.uses", "uses is a whole number")
				continue
			}
		}
		r.entry(line, e)
	}
}

// entry takes one entry that keeps the rules.
func (r *reader) entry(line int, e Entry) {
	for _, v := range []string{e.Code, e.Name, e.System, e.National.System, e.National.Code, e.Unit, e.Specialty, e.Site} {
		if len(v) > maxText || strings.ContainsFunc(v, func(c rune) bool { return c < ' ' }) {
			r.wrong(line, "catalogue.text", "a field is longer than %d bytes, or has control characters", maxText)
			return
		}
	}
	switch {
	case e.Code == "" || e.Name == "":
		r.wrong(line, "catalogue.required", "code and name are needed")
		return
	case r.seen[e.Code]:
		r.wrong(line, "catalogue.twice", "the code %q is there twice", clipped(e.Code))
		return
	case len(r.out.Entries) >= maxEntries:
		r.wrong(line, "catalogue.large", "a catalogue has at most %d entries", maxEntries)
		return
	case (e.National.Code == "") != (e.National.System == ""):
		r.wrong(line, "catalogue.national", "a national code and its system go together")
		return
	case r.domain && e.Unit != "" && !known(e.Unit), r.domain && e.Kind == onboard.Units && !known(e.Code):
		r.wrong(line, "catalogue.unit", "the domain's units are of UCUM, and %q is none", clipped(e.Unit+e.Code))
		return
	case e.MolarMass != "" && crosswalk.MassOf(e.MolarMass) == nil:
		r.wrong(line, "catalogue.molar-mass", "the molar mass is a number of grams a mole")
		return
	}
	r.seen[e.Code] = true
	if e.System == "" {
		if e.System = systemOf(r.out.Org, e.Kind, e.Code); r.domain && e.Kind == onboard.Units {
			e.System = unitSystem
		}
	}
	e.From = "catalogue"
	r.out.Entries = append(r.out.Entries, e)
}

func known(unit string) bool {
	_, ok := ucum.Parse(unit)
	return ok
}

func clipped(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

const catalogueFile = "catalogue.json"

// KeepCatalogue makes a catalogue the organisation's from now on.
func KeepCatalogue(s *onboard.Stage, c *Catalogue) error {
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return fault.Wrap(err, fault.Internal, "catalogue.write", "the catalogue cannot be written")
	}
	return s.Keep(catalogueFile, func([]byte) ([]byte, error) { return append(text, '\n'), nil })
}

// CatalogueOf is the organisation's catalogue; an empty one when it has none.
// Error: Internal "catalogue.kept" when it cannot be read.
func CatalogueOf(s *onboard.Stage) (*Catalogue, error) {
	c := &Catalogue{Org: s.Trust}
	text, err := s.Kept(catalogueFile)
	if err != nil || text == nil {
		return c, err
	}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fault.New(fault.Internal, "catalogue.kept", "the catalogue that is kept cannot be read: take it in again")
	}
	return c, nil
}

package onboard

import (
	"cmp"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"concord/fault"
	"concord/standard/uk"
)

// Manifest is extract.yaml: whose extract it is, and when it was taken.
type Manifest struct {
	Trust     string    `yaml:"trust" json:"trust"`   // ODS code
	Source    string    `yaml:"source" json:"source"` // the system it came from
	Taken     time.Time `yaml:"taken" json:"taken"`   // of the extract
	Encoding  string    `yaml:"encoding,omitempty" json:"encoding,omitempty"`
	Separator string    `yaml:"separator,omitempty" json:"separator,omitempty"`
	// Rows is how many rows the source has written of each class: control totals, by
	// which a file that was cut or left out is noticed. A class that is not named is
	// not held against one.
	Rows map[string]int64 `yaml:"rows,omitempty" json:"rows,omitempty"`
}

const manifestFile = "extract.yaml"

// ParseManifest reads extract.yaml. Code: "onboard.manifest".
func ParseManifest(text []byte) (Manifest, error) {
	var m Manifest
	bad := func(format string, args ...any) (Manifest, error) {
		return Manifest{}, fault.New(fault.Invalid, "onboard.manifest", format, args...)
	}
	if err := decodeYAML(text, &m); err != nil {
		return bad("extract.yaml cannot be read")
	}
	switch {
	case !uk.ODSCode(m.Trust):
		return bad("extract.yaml: trust is an ODS code")
	case m.Taken.IsZero():
		return bad("extract.yaml: taken is when the extract was taken: 2026-11-25T02:00:00Z")
	case !slices.Contains([]string{"", "utf-8", "windows-1252", "utf-16"}, m.Encoding):
		return bad("extract.yaml: encoding is utf-8, windows-1252 or utf-16")
	case slices.ContainsFunc(slices.Collect(maps.Keys(m.Rows)), unknownClass):
		return bad("extract.yaml: rows names a class that the layout has not")
	case len(m.Separator) > 1 || m.Separator == `"` || m.Separator == "\n":
		return bad("extract.yaml: separator is one character")
	}
	return m, nil
}

// encoding is the one that is said, or the default.
func (m *Manifest) encoding() string { return cmp.Or(m.Encoding, "utf-8") }

// separator is the one that is said, or the default.
func (m *Manifest) separator() string { return cmp.Or(m.Separator, ",") }

func unknownClass(name string) bool {
	_, known := classAt(name)
	return !known
}

// mostAhead is how far the source's clock may be ahead of ours.
const mostAhead = 24 * time.Hour

// notAhead refuses an extract that says it was taken in days to come: no day would lie
// in the future of it, and every extract after it would be older.
func (m *Manifest) notAhead(now time.Time) error {
	if m.Taken.After(now.Add(mostAhead)) {
		return fault.New(fault.Invalid, "onboard.manifest", "extract.yaml: taken lies in the future")
	}
	return nil
}

// whole holds the rows that were read of an extract against its control totals. Code:
// "onboard.rows".
func (m *Manifest) whole(p *Part) error {
	read := map[string]int64{}
	for _, f := range p.Rows {
		read[f.Class] += f.Rows + f.Refused
	}
	for _, c := range Layout() {
		if want, told := m.Rows[c.Name]; told && read[c.Name] != want {
			return fault.New(fault.Invalid, "onboard.rows", "%s: %d rows have come, and the source has written %d (rows in extract.yaml): a file was cut or left out", c.Name, read[c.Name], want)
		}
	}
	return nil
}

// decodeYAML is strict, and takes what the library panics on for an error.
func decodeYAML(text []byte, into any) (err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "onboard.yaml", "the file cannot be read")
		}
	}()
	return yaml.UnmarshalWithOptions(text, into, yaml.Strict())
}

// sourceFile is one file of an extract.
type sourceFile struct {
	name  string // within the folder
	form  form
	class string // of a table; the others hold several
	size  int64
}

// form is how a file is written.
type form uint8

const (
	formTable     form = iota + 1 // CSV
	formResources                 // FHIR R4, NDJSON
	formMessages                  // HL7 v2
	formUnread                    // resources and messages that could not be read, and were mended
)

// filesOf lists what the folder of an extract, or of mended rows, holds, by name. A file
// that is none of an extract is an error: it may be a class with a slip in its name. Codes:
// "onboard.file", "onboard.empty".
func filesOf(dir string, mended bool) ([]sourceFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "onboard.folder", "the folder of the extract cannot be read")
	}
	var out []sourceFile
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || name == manifestFile || strings.HasPrefix(name, ".") {
			continue // content of documents lies in folders
		}
		f, ok := fileOf(name)
		if !ok || f.form == formUnread && !mended {
			return nil, fault.New(fault.Invalid, "onboard.file", "%s is no file of an extract: a class with .csv, or .ndjson, or .hl7, each with .gz or without", name)
		}
		st, err := e.Info()
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "onboard.folder", "%s cannot be read", name)
		}
		if !st.Mode().IsRegular() {
			return nil, fault.New(fault.Invalid, "onboard.file", "%s is a link or no file: an extract holds its files itself", name)
		}
		f.size = st.Size()
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "onboard.empty", "the folder holds no file of an extract")
	}
	return out, nil
}

// fileOf tells what a file is by its name: patients.csv, results-2025.csv.gz.
func fileOf(name string) (sourceFile, bool) {
	base := strings.TrimSuffix(strings.ToLower(name), ".gz")
	ext := filepath.Ext(base)
	switch ext {
	case ".ndjson":
		return sourceFile{name: name, form: formResources}, true
	case ".hl7":
		return sourceFile{name: name, form: formMessages}, true
	case ".csv", ".txt":
	default:
		return sourceFile{}, false
	}
	if strings.HasPrefix(base, unreadName) {
		return sourceFile{name: name, form: formUnread}, true
	}
	class, _, _ := strings.Cut(strings.TrimSuffix(base, ext), "-")
	_, ok := classAt(class)
	return sourceFile{name: name, form: formTable, class: class}, ok
}

// readManifest reads extract.yaml of a folder. Code beside those of
// ParseManifest: "onboard.manifest" when there is none.
func readManifest(dir string) (Manifest, error) {
	if st, err := os.Lstat(filepath.Join(dir, manifestFile)); err == nil && !st.Mode().IsRegular() {
		return Manifest{}, fault.New(fault.Invalid, "onboard.manifest", "extract.yaml is a link: an extract holds its files itself")
	}
	text, err := fs.ReadFile(os.DirFS(dir), manifestFile)
	if err != nil {
		return Manifest{}, fault.New(fault.Invalid, "onboard.manifest", "the folder has no extract.yaml, which says whose extract it is")
	}
	return ParseManifest(text)
}

package pack

import (
	"io/fs"
	"path"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// What one folder may hold.
const (
	maxFile  = 32 << 20
	maxFiles = 50_000
)

// Load reads the definitions of implementation guides: every .json and .xml
// file of the folders that holds a StructureDefinition, ValueSet, CodeSystem or
// ConceptMap, or a Bundle of them. The folders may have the layout of an npm
// package (package/*.json) or any other. Of two definitions with one URL the
// later folder's counts. What is missing is looked for in R4's own. Guides are
// published with files that are no FHIR: those are left out, and Problems lists
// them.
//
// Errors are Invalid with the file in At: pack.file (not to be read),
// pack.size, pack.files.
func Load(folders ...fs.FS) (*Pack, error) {
	p := &Pack{below: Core(), entries: map[string]*entry{}}
	files := 0
	for _, f := range folders {
		err := fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return fault.New(fault.Invalid, "pack.file", "the folder cannot be read").In(name)
			case d.IsDir():
				return enter(name)
			case !isDefinition(name):
				return nil
			}
			if files++; files > maxFiles {
				return fault.New(fault.Invalid, "pack.files", "the folders hold too many files").In(name)
			}
			return p.file(f, name)
		})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// enter leaves out examples, which may be definitions too, and hidden folders.
func enter(name string) error {
	switch base := path.Base(name); {
	case base == "example", base == "examples", base == "node_modules", len(base) > 1 && base[0] == '.':
		return fs.SkipDir
	}
	return nil
}

func isDefinition(name string) bool {
	base := path.Base(name)
	switch {
	case base == "package.json", strings.HasPrefix(base, "."):
		return false
	}
	ext := path.Ext(base)
	return ext == ".json" || ext == ".xml"
}

func (p *Pack) file(f fs.FS, name string) error {
	info, err := fs.Stat(f, name)
	if err == nil && info.Size() > maxFile {
		return fault.New(fault.Invalid, "pack.size", "the file is too large").In(name)
	}
	b, err := fs.ReadFile(f, name)
	if err != nil {
		return fault.New(fault.Invalid, "pack.file", "the file cannot be read").In(name)
	}
	parse := fhir.Parse
	if path.Ext(name) == ".xml" {
		if !definesSomething(b) {
			return nil
		}
		parse = fhir.ParseXML
	}
	v, err := parse(b)
	if err != nil {
		f := fault.Of(err)
		p.problems = append(p.problems, f.In(strings.TrimSuffix(name+" "+f.At, " ")))
		return nil
	}
	p.take(v)
	return nil
}

// definesSomething tells by the first bytes whether an XML file may hold a
// definition: folders hold other XML, which need not be FHIR.
func definesSomething(b []byte) bool {
	head := string(b[:min(len(b), 4096)])
	for _, root := range [...]string{"<StructureDefinition", "<ValueSet", "<CodeSystem", "<ConceptMap", "<Bundle"} {
		if strings.Contains(head, root) {
			return true
		}
	}
	return false
}

// take adds a definition, or those of a bundle.
func (p *Pack) take(v *fhir.Value) {
	if v.Type() != "Bundle" {
		p.add(v)
		return
	}
	for e := range v.Get("entry").Each() {
		p.add(e.Get("resource"))
	}
}

package onboard

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"concord/fault"
)

// Extract is one staged extract.
type Extract struct {
	Manifest
	ID     string    `json:"id"`    // of its content: the same files have the same id
	Trial  int       `json:"trial"` // 1 for the first of the trust
	Staged time.Time `json:"staged"`
	Parts  []Part    `json:"parts"`

	// From are the names of the folders in which the extract has come.
	From []string `json:"from,omitempty"`

	// Again tells that this extract was staged before, and nothing was done.
	Again bool `json:"-"`
	dir   string
	// dropped tells one of which no rows are there any more (droppedDir).
	dropped bool
}

// Part is what was staged at one time: the extract, then what was mended.
type Part struct {
	Staged   time.Time `json:"staged"`
	Print    string    `json:"print"` // of the files
	Files    []File    `json:"files"`
	Rows     []RowFile `json:"rows"`
	Problems []Problem `json:"problems,omitempty"`
	Unknown  []string  `json:"unknownColumns,omitempty"` // "patients.csv: shoe_size"
	Seconds  float64   `json:"seconds"`
}

// File is one file of the source.
type File struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Read    int64  `json:"read"` // rows
	Refused int64  `json:"refused"`
}

// RowFile is one file of staged rows.
type RowFile struct {
	Class   string `json:"class"`
	Name    string `json:"name"`
	Rows    int64  `json:"rows"`
	Refused int64  `json:"refused"` // rows that are not in it
	SHA256  string `json:"sha256"`
	Source  string `json:"source,omitempty"` // file of the source; "" in what was staged before it was noted
}

const extractFile = "extract.json"

// Extracts are the trust's extracts, the oldest trial first.
func (s *Stage) Extracts() ([]*Extract, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unstaged(err)
	}
	var out []*Extract
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		x := &Extract{dir: filepath.Join(s.Dir, e.Name())}
		if err := readJSON(x.path(extractFile), x); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b *Extract) int { return a.Trial - b.Trial })
	return out, nil
}

// Find gives an extract by the front of its id, or the newest for "". Error:
// NotFound "onboard.extract".
func (s *Stage) Find(id string) (*Extract, error) {
	list, err := s.Extracts()
	if err != nil {
		return nil, err
	}
	for _, x := range slices.Backward(list) {
		if strings.HasPrefix(x.ID, id) {
			return x, nil
		}
	}
	return nil, fault.New(fault.NotFound, "onboard.extract", "no such extract is staged for %s", s.Trust)
}

func (x *Extract) path(parts ...string) string {
	return filepath.Join(append([]string{x.dir}, parts...)...)
}

// save writes extract.json, whole or not at all.
func (x *Extract) save() error { return writeJSON(x.path(extractFile), x) }

func (t tally) sorted() []Problem {
	var out []Problem
	for p := range maps.Keys(t) {
		p.Rows = t[p]
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Problem) int {
		if a.Class != b.Class {
			return classOrder(a.Class) - classOrder(b.Class)
		}
		return strings.Compare(a.Column+" "+a.Code, b.Column+" "+b.Code)
	})
	return out
}

func classOrder(name string) int {
	return slices.IndexFunc(Layout(), func(c Class) bool { return c.Name == name })
}

func (x *Extract) exists(name string) bool {
	_, err := os.Stat(x.path(name))
	return err == nil
}

// Folder is a folder of the extract, to be shown.
func (x *Extract) Folder(name string) string { return x.path(name) }

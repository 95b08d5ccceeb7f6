package onboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"concord/fault"
)

// Stage is the folder of one trust's extracts.
type Stage struct {
	Dir      string // of the trust: DATA/stage/R1K
	Trust    string
	Now      func() time.Time
	Progress func(Progress) // nil = nobody asks
	// Zone is where the source's clocks stand, for times that come with their
	// offset; nil = UTC.
	Zone *time.Location
	// Messages reads an HL7 v2 message of the trust; nil = none are read.
	Messages func(trust string, message []byte) ([]Resource, error)
}

// Progress is how far a step is.
type Progress struct {
	Step  string // stage, profile, match
	Done  int64  // bytes or rows
	Total int64  // 0 = not known
}

// Extract is one staged extract.
type Extract struct {
	Manifest
	ID     string    `json:"id"`    // of its content: the same files have the same id
	Trial  int       `json:"trial"` // 1 for the first of the trust
	Staged time.Time `json:"staged"`
	Parts  []Part    `json:"parts"`

	// Again tells that this extract was staged before, and nothing was done.
	Again bool `json:"-"`
	dir   string
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
}

const extractFile = "extract.json"

// Add stages the extract in a folder. older takes one that was taken before the
// newest that is staged. The same extract again is told (Extract.Again) and not
// staged twice. Errors: Invalid "onboard.manifest", "onboard.file",
// "onboard.header", "onboard.encoding", "onboard.trust"; Conflict
// "onboard.older"; Busy "onboard.stage" when the stage cannot be written.
func (s *Stage) Add(ctx context.Context, source string, older bool) (*Extract, error) {
	m, err := readManifest(source)
	if err != nil {
		return nil, err
	}
	if m.Trust != s.Trust {
		return nil, fault.New(fault.Invalid, "onboard.trust", "the extract is of %s, not of %s", m.Trust, s.Trust)
	}
	files, err := filesOf(source)
	if err != nil {
		return nil, err
	}
	staged, err := s.Extracts()
	if err != nil {
		return nil, err
	}
	if err := s.reads(files); err != nil {
		return nil, err
	}
	prints, print, err := fingerprint(ctx, source, files)
	if err != nil {
		return nil, err
	}
	x := &Extract{Manifest: m, ID: print[:12], Trial: len(staged) + 1, Staged: s.Now().UTC()}
	for _, other := range staged {
		if other.ID == x.ID {
			other.Again = true
			return other, nil
		}
		if other.Taken.After(m.Taken) && !older {
			return nil, fault.New(fault.Conflict, "onboard.older", "the extract was taken on %s, before trial %d, which was taken on %s",
				m.Taken.Format(time.DateTime), other.Trial, other.Taken.Format(time.DateTime))
		}
	}
	return x, s.within(func(dir string) error {
		x.dir = dir
		return s.part(ctx, x, source, files, prints, print)
	}, fmt.Sprintf("%03d-%s", x.Trial, x.ID), x)
}

// Mend stages rows that were refused and mended, as a further part of an
// extract: a row of a later part takes the place of one of its key in an
// earlier part. The same files again are told (Extract.Again).
func (s *Stage) Mend(ctx context.Context, x *Extract, source string) (*Extract, error) {
	files, err := filesOf(source)
	if err != nil {
		return nil, err
	}
	if err := s.reads(files); err != nil {
		return nil, err
	}
	prints, print, err := fingerprint(ctx, source, files)
	if err != nil {
		return nil, err
	}
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	for _, p := range x.Parts {
		if p.Print == print {
			x.Again = true
			return x, nil
		}
	}
	next := *x
	next.Parts = slices.Clone(x.Parts)
	if err := s.part(ctx, &next, source, files, prints, print); err != nil {
		return nil, err
	}
	return &next, next.save()
}

// reads refuses files of a form that this stage cannot read.
func (s *Stage) reads(files []sourceFile) error {
	for _, f := range files {
		if f.form == formMessages && s.Messages == nil {
			return fault.New(fault.Unsupported, "onboard.messages", "%s: HL7 v2 is not read here", f.name)
		}
	}
	return nil
}

// within makes a folder complete or not at all.
func (s *Stage) within(fill func(dir string) error, name string, x *Extract) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return unstaged(err)
	}
	dir, err := os.MkdirTemp(s.Dir, ".incoming-")
	if err != nil {
		return unstaged(err)
	}
	defer os.RemoveAll(dir)
	if err := fill(dir); err != nil {
		return err
	}
	if err := x.save(); err != nil {
		return err
	}
	x.dir = filepath.Join(s.Dir, name)
	if err := os.Rename(dir, x.dir); err != nil {
		return unstaged(err)
	}
	return syncFolder(s.Dir)
}

// part stages files as the next part of an extract.
func (s *Stage) part(ctx context.Context, x *Extract, source string, files []sourceFile, prints []string, print string) error {
	start, n := s.Now(), len(x.Parts)+1
	for _, old := range []string{x.path(partName(n)), x.path("refused", partName(n))} {
		if err := os.RemoveAll(old); err != nil { // left by a crash
			return unstaged(err)
		}
		if err := os.MkdirAll(old, 0o700); err != nil {
			return unstaged(err)
		}
	}
	p := Part{Staged: start.UTC(), Print: print}
	total := int64(0)
	for _, f := range files {
		total += f.size
	}
	var mu sync.Mutex
	all, done := tally{}, int64(0)
	err := each(ctx, files, func(i int, f sourceFile) error {
		j := &job{extract: x, part: n, source: source, file: f, tally: tally{}, number: i, zone: s.zone(), read2: s.Messages, progress: func(bytes int) {
			mu.Lock()
			defer mu.Unlock()
			done += int64(bytes)
			s.tell("stage", done, total)
		}}
		err := j.run(ctx)
		mu.Lock()
		defer mu.Unlock()
		p.Files = append(p.Files, File{f.name, f.size, prints[i], j.read, j.refused})
		p.Rows, p.Unknown = append(p.Rows, j.rows...), append(p.Unknown, j.unknown...)
		all.merge(j.tally)
		return err
	})
	if err != nil {
		return err
	}
	p.Problems = all.sorted()
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Rows, func(a, b RowFile) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(p.Unknown)
	p.Seconds = s.Now().Sub(start).Seconds()
	x.Parts = append(x.Parts, p)
	return nil
}

func (s *Stage) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

func partName(n int) string { return fmt.Sprintf("part-%d", n) }

func (s *Stage) tell(step string, done, total int64) {
	if s.Progress != nil {
		s.Progress(Progress{step, done, total})
	}
}

// each does work on items, on all cores; the first error ends it.
func each[T any](ctx context.Context, items []T, do func(i int, item T) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, item := range items {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := do(i, item); err != nil {
				stop(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// fingerprint gives the checksum of each file, and one of all, for which the
// order of files and their compression do not matter.
func fingerprint(ctx context.Context, source string, files []sourceFile) (each1 []string, all string, err error) {
	each1 = make([]string, len(files))
	err = each(ctx, files, func(i int, f sourceFile) error {
		in, err := openSource(source, f, "")
		if err != nil {
			return err
		}
		defer in.Close()
		h := sha256.New()
		if _, err := io.Copy(h, in); err != nil {
			return fault.Wrap(err, fault.Invalid, "onboard.file", "%s cannot be read", f.name)
		}
		each1[i] = hex.EncodeToString(h.Sum(nil))
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	h := sha256.New()
	for _, i := range sortedOrder(files) {
		fmt.Fprintln(h, strings.TrimSuffix(files[i].name, ".gz"), each1[i])
	}
	return each1, hex.EncodeToString(h.Sum(nil)), nil
}

func sortedOrder(files []sourceFile) []int {
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(files[a].name, files[b].name) })
	return order
}

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

// Drop removes an extract with all that was made of it.
func (s *Stage) Drop(x *Extract) error { return unstaged(os.RemoveAll(x.dir)) }

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

func readJSON(name string, into any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return unstaged(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return damaged()
	}
	return nil
}

func writeJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fault.Wrap(err, fault.Internal, "onboard.write", "a report cannot be written")
	}
	return writeWhole(name, append(text, '\n'))
}

// writeWhole leaves a whole file or the one that was there.
func writeWhole(name string, text []byte) error {
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return unstaged(err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return unstaged(err)
	}
	return unstaged(os.Rename(name+".new", name))
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return unstaged(err)
	}
	return unstaged(errors.Join(f.Sync(), f.Close()))
}

func (x *Extract) exists(name string) bool {
	_, err := os.Stat(x.path(name))
	return err == nil
}

// Folder is a folder of the extract, to be shown.
func (x *Extract) Folder(name string) string { return x.path(name) }

package onboard

import (
	"context"
	"fmt"
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

// Add stages the extract in a folder. older takes one that was taken before the
// newest that is staged. The same extract again is told (Extract.Again) and not
// staged twice. Errors: Invalid "onboard.manifest", "onboard.file",
// "onboard.header", "onboard.encoding", "onboard.trust", "onboard.rows"; Conflict
// "onboard.older"; Busy "onboard.full" and "onboard.stage" when the stage cannot be written.
func (s *Stage) Add(ctx context.Context, source string, older bool) (*Extract, error) {
	m, err := readManifest(source)
	if err != nil {
		return nil, err
	}
	if err := m.notAhead(s.Now()); err != nil {
		return nil, err
	}
	if m.Trust != s.Trust {
		return nil, fault.New(fault.Invalid, "onboard.trust", "the extract is of %s, not of %s", m.Trust, s.Trust)
	}
	m.Taken = m.Taken.In(s.zone()) // its days are the source's: at midnight in summer UTC has another one
	files, err := filesOf(source, false)
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
	known, err := s.loads()
	if err != nil {
		return nil, err
	}
	x := &Extract{Manifest: m, ID: idFor(print, &m, known), Trial: lastTrial(staged) + 1, Staged: s.Now().UTC(), From: []string{filepath.Base(source)}}
	for _, other := range staged {
		if other.Parts[0].Print == print && other.readAs(&m) {
			other.Again = true
			return other, other.alsoFrom(x.From[0])
		}
		if other.Taken.After(m.Taken) && !older {
			return nil, fault.New(fault.Conflict, "onboard.older", "the extract was taken on %s, before trial %d, which was taken on %s",
				m.Taken.Format(time.DateTime), other.Trial, other.Taken.Format(time.DateTime))
		}
	}
	return x, s.within(func(dir string) error {
		x.dir = dir
		if err := s.part(ctx, x, source, files, prints, print); err != nil {
			return err
		}
		if err := x.whole(&x.Parts[0]); err != nil {
			return err
		}
		return s.takeUp(x)
	}, fmt.Sprintf("%03d-%s", x.Trial, x.ID), x)
}

// lastTrial is the number of the newest of the extracts that are staged, 0 if none is.
func lastTrial(staged []*Extract) int {
	if len(staged) == 0 {
		return 0
	}
	return staged[len(staged)-1].Trial
}

// Mend stages rows that were refused and mended, as a further part of an
// extract: a row of a later part takes the place of one of its key in an
// earlier part. The same files again are told (Extract.Again).
func (s *Stage) Mend(ctx context.Context, x *Extract, source string) (*Extract, error) {
	files, err := filesOf(source, true)
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
	return eachOf(ctx, runtime.GOMAXPROCS(0), items, do)
}

// eachOf is each, so many at a time.
func eachOf[T any](ctx context.Context, many int, items []T, do func(i int, item T) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, many)
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

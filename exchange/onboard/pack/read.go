package pack

import (
	"io/fs"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"concord/fault"
	"concord/standard/yamlset"
)

// Problem is one rule that a pack breaks.
type Problem = yamlset.Problem

type place = yamlset.Place

const (
	maxFile  = 4 << 20
	maxFiles = 200
)

// source is a pack while it is read.
type source struct {
	*yamlset.Reading
	pack *Pack
}

// Files reads the *.yaml files of a folder. Codes: "pack.empty" when it has
// none, "pack.large".
func Files(dir fs.FS) (map[string][]byte, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil || len(names) == 0 {
		return nil, fault.New(fault.Invalid, "pack.empty", "the folder has no .yaml file")
	}
	out := map[string][]byte{}
	for _, name := range names {
		st, err := fs.Stat(dir, name)
		if err == nil && st.Size() > maxFile || len(names) > maxFiles {
			return nil, fault.New(fault.TooCostly, "pack.large", "a pack has at most %d files of %d MB", maxFiles, maxFile>>20)
		}
		if err == nil {
			out[name], err = fs.ReadFile(dir, name)
		}
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "pack.unreadable", "%s cannot be read", name)
		}
	}
	return out, nil
}

// Read reads files as one pack and holds it against the rules. Sections may be
// divided among files in any way; each file is strict. Either the pack or the
// problems are nil.
func Read(files map[string][]byte) (*Pack, []Problem) {
	s := &source{yamlset.New("pack"), &Pack{}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		s.file(name, files[name])
	}
	if len(s.Problems()) == 0 { // what cannot be read would be said to be missing
		s.check()
	}
	if wrong := s.Problems(); len(wrong) > 0 {
		return nil, wrong
	}
	return s.pack, nil
}

// Parse reads a pack that was written by Text.
func Parse(text []byte) (*Pack, error) {
	var p Pack
	if err := yaml.UnmarshalWithOptions(text, &p, yaml.Strict()); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "pack.kept", "the pack that is kept cannot be read")
	}
	return &p, nil
}

// Text is the pack in one file, its entries in order: what is kept.
func (p *Pack) Text() ([]byte, error) {
	text, err := yamlset.Write(p)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "pack.write", "the pack cannot be written")
	}
	return text, nil
}

// file reads one file into the pack.
func (s *source) file(name string, text []byte) {
	var part Pack
	if !s.Decode(name, text, &part) {
		return
	}
	if part.Organisation != (Organisation{}) {
		at := place{File: name, Path: "organisation"}
		if _, twice := s.Place("organisation"); twice {
			s.Report(at, "", "pack.twice", "the organisation is described in another file already")
		}
		s.pack.Organisation = part.Organisation
		s.Set("organisation", at)
	}
	s.Append(s.pack, &part, name)
}

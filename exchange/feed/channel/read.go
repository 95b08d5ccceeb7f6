package channel

import (
	"io/fs"
	"maps"
	"slices"

	"concord/fault"
	"concord/standard/yamlset"
)

// Problem is one rule that a file breaks.
type Problem = yamlset.Problem

type place = yamlset.Place

const (
	maxFile  = 4 << 20
	maxFiles = 500
)

// source is a set while it is read.
type source struct {
	*yamlset.Reading
	set *Set
	org string
}

// Files reads the *.yaml files of a folder; none is an empty set. Codes:
// "channel.large", "channel.unreadable".
func Files(dir fs.FS) (map[string][]byte, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil || len(names) > maxFiles {
		return nil, fault.New(fault.TooCostly, "channel.large", "a set has at most %d files", maxFiles)
	}
	out := map[string][]byte{}
	for _, name := range names {
		st, err := fs.Stat(dir, name)
		if err == nil && st.Size() > maxFile {
			return nil, fault.New(fault.TooCostly, "channel.large", "a file has at most %d MB", maxFile>>20)
		}
		if err == nil {
			out[name], err = fs.ReadFile(dir, name)
		}
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "channel.unreadable", "%s cannot be read", name)
		}
	}
	return out, nil
}

// Read reads the files of an organisation as one set and holds it against the
// rules. Sections may be divided among files in any way; each file is strict.
// Either the set or the problems are nil.
func Read(files map[string][]byte, org string) (*Set, []Problem) {
	s := &source{yamlset.New("channel"), &Set{}, org}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var part Set
		if s.Decode(name, files[name], &part) {
			s.Append(s.set, &part, name)
		}
	}
	if len(s.Problems()) == 0 { // what cannot be read would be said to be missing
		s.check()
	}
	if wrong := s.Problems(); len(wrong) > 0 {
		return nil, wrong
	}
	return s.set, nil
}

// Text is the set in one file, its entries in order: what is kept.
func (s *Set) Text() ([]byte, error) {
	text, err := yamlset.Write(s)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "channel.write", "the channels cannot be written")
	}
	return text, nil
}

package onboard

import (
	"iter"
	"os"
	"path/filepath"
)

// What the rooms within this one need of an extract, to hold it against the
// record by other means than the load.

// Row is one staged row, valid until the next.
type Row struct {
	class  *Class
	fields [][]byte
}

// At is the value of a column as it was staged, "" for a column that the class
// has not.
func (r Row) At(column string) string {
	if i := r.class.column(column); i >= 0 {
		return string(r.fields[i])
	}
	return ""
}

// Key is the row's key in the source.
func (r Row) Key() string { return string(r.fields[0]) }

// Rows goes over the rows of a class that can be loaded, in the order in which a
// load takes them. The extract must have been profiled.
func (x *Extract) Rows(class string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		c, _ := classAt(class)
		for _, f := range x.filesOfClass(class) {
			for fields, err := range x.loadable(f, len(c.Columns)) {
				if !yield(Row{&c, fields}, err) || err != nil {
					return
				}
			}
		}
	}
}

// IdentifierSystem is the identifier system of the keys of a class.
func IdentifierSystem(trust, class string) string { return (&maker{trust: trust}).system(class) }

// EscapedKey is a key as meta.source has it behind the # and the class.
func EscapedKey(key string) string { return escapedKey(key) }

// Hash is what stands for a key where keys are sorted or kept in memory.
func Hash(key []byte) [2]uint64 { return keyOf(key) }

// Mark is what is kept of a row under the hash of its key.
type Mark struct {
	Key            [2]uint64
	Rank, Row, Sum uint64 // marks of a key come by Rank, then by Row
}

// Sorter sorts more marks than fit in memory.
type Sorter struct{ marks *marks }

// NewSorter keeps up to most marks (40 bytes each) in memory, and runs of them in
// the folder.
func NewSorter(dir, name string, most int) *Sorter { return &Sorter{newMarks(dir, name, most)} }

// Add takes a mark.
func (s *Sorter) Add(m Mark) error { return s.marks.add(mark{m.Key, m.Rank, m.Row, m.Sum}) }

// Groups hands over the marks of each key, valid until the next. It is called
// once.
func (s *Sorter) Groups(f func([]Mark) error) error {
	var group []Mark
	return s.marks.groups(func(g []mark) error {
		group = group[:0]
		for _, m := range g {
			group = append(group, Mark{m.key, m.rank, m.row, m.sum})
		}
		return f(group)
	})
}

// Close removes what is on disk.
func (s *Sorter) Close() { s.marks.close() }

// Scratch makes a folder within the stage that the next command removes, should
// this one crash.
func (s *Stage) Scratch() (dir string, done func(), err error) {
	if dir, err = os.MkdirTemp(s.Dir, ".scratch-"); err != nil {
		return "", nil, unstaged(err)
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// Lock lets one command at a time work on the stage. Error: Conflict
// "onboard.busy".
func (s *Stage) Lock() (unlock func(), err error) { return s.lock() }

// Save writes a file of an extract, whole or not at all.
func (x *Extract) Save(name string, text []byte) error { return writeWhole(x.path(name), text) }

// SaveJSON writes v as JSON; ReadJSON reads it.
func (x *Extract) SaveJSON(name string, v any) error { return writeJSON(x.path(name), v) }

// ReadJSON reads what SaveJSON wrote; found is false when there is none.
func (x *Extract) ReadJSON(name string, into any) (found bool, err error) {
	if !x.exists(name) {
		return false, nil
	}
	return true, readJSON(x.path(name), into)
}

// Loaded tells whether the extract's load is complete and stands.
func (l *Loading) Loaded() bool { return l != nil && l.State == stateLoaded }

// Undone tells whether the load was taken back.
func (l *Loading) Undone() bool { return l != nil && l.State == stateUndone }

// SaveJSON writes v as JSON into the stage, whole or not at all; ReadJSON reads
// it.
func (s *Stage) SaveJSON(name string, v any) error {
	path := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return unstaged(err)
	}
	return writeJSON(path, v)
}

// ReadJSON reads what SaveJSON wrote; found is false when there is none.
func (s *Stage) ReadJSON(name string, into any) (found bool, err error) {
	path := filepath.Join(s.Dir, name)
	if _, err := os.Stat(path); err != nil {
		return false, nil
	}
	return true, readJSON(path, into)
}

// Matching gives what an extract was matched to, nil before it was.
func (x *Extract) Matching() (*Matching, error) {
	if !x.exists(matchFile) {
		return nil, nil
	}
	var m Matching
	return &m, readJSON(x.path(matchFile), &m)
}

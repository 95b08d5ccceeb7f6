package channel

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"concord/fault"
)

// Problem is one rule that a file breaks.
type Problem struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Field string `json:"field"` // "channels[0].filter.where"
	Rule  string `json:"rule"`  // stable: "channel.unknown"
	Text  string `json:"text"`
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s: %s (%s)", p.File, p.Line, p.Field, p.Text, p.Rule)
}

// place is where an entry stands: a file, and the path within it.
type place struct{ file, path string }

const (
	maxFile  = 4 << 20
	maxFiles = 500
)

// source is a set while it is read, with the syntax trees that lines are found
// in.
type source struct {
	set      *Set
	org      string
	trees    map[string]*ast.File
	problems []Problem
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
	s := &source{set: &Set{places: map[string]place{}}, org: org, trees: map[string]*ast.File{}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		s.file(name, files[name])
	}
	if len(s.problems) == 0 { // what cannot be read would be said to be missing
		s.check()
	}
	if len(s.problems) > 0 {
		slices.SortStableFunc(s.problems, func(a, b Problem) int {
			if c := strings.Compare(a.File, b.File); c != 0 {
				return c
			}
			return a.Line - b.Line
		})
		return nil, s.problems
	}
	return s.set, nil
}

// Text is the set in one file, its entries in order: what is kept.
func (s *Set) Text() ([]byte, error) {
	var b bytes.Buffer
	if err := yaml.NewEncoder(&b, yaml.IndentSequence(true)).Encode(s); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "channel.write", "the channels cannot be written")
	}
	return b.Bytes(), nil
}

// file reads one file into the set.
func (s *source) file(name string, text []byte) {
	var part Set
	tree, err := decode(text, &part)
	if err != nil {
		s.problems = append(s.problems, syntax(name, err))
		return
	}
	s.trees[name] = tree
	to, from := reflect.ValueOf(s.set).Elem(), reflect.ValueOf(&part).Elem()
	for i := range to.NumField() {
		if to.Field(i).Kind() != reflect.Slice {
			continue
		}
		section, _, _ := strings.Cut(to.Type().Field(i).Tag.Get("yaml"), ",")
		for j := range from.Field(i).Len() {
			s.set.places[entryPath(section, to.Field(i).Len()+j)] = place{name, entryPath(section, j)}
		}
		to.Field(i).Set(reflect.AppendSlice(to.Field(i), from.Field(i)))
	}
}

// decode reads plain YAML: without tags, anchors and aliases. The library
// panics on some input, and that is an error too.
func decode(text []byte, into *Set) (tree *ast.File, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "channel.yaml", "the file cannot be read")
		}
	}()
	if tree, err = parser.ParseBytes(text, 0); err != nil {
		return nil, err
	}
	for _, doc := range tree.Docs {
		p := plain{}
		if doc.Body != nil {
			ast.Walk(&p, doc.Body)
		}
		if p.not != nil {
			return nil, &yaml.SyntaxError{Message: "tags, anchors and aliases are not read", Token: p.not.GetToken()}
		}
	}
	return tree, yaml.UnmarshalWithOptions(text, into, yaml.Strict())
}

// plain looks for the first node that is more than a value.
type plain struct{ not ast.Node }

func (p *plain) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.TagNode, *ast.AnchorNode, *ast.AliasNode:
		if p.not == nil {
			p.not = n
		}
		return nil
	}
	return p
}

func entryPath(section string, i int) string { return section + "[" + strconv.Itoa(i) + "]" }

// syntax is the problem of a file that cannot be read, with the line that the
// parser gives.
func syntax(name string, err error) Problem {
	p := Problem{File: name, Line: 1, Rule: "channel.yaml", Text: "the file cannot be read"}
	for e := err; e != nil; {
		if at, ok := e.(yaml.Error); ok {
			p.Text = at.GetMessage()
			if t := at.GetToken(); t != nil && t.Position != nil {
				p.Line, p.Field = t.Position.Line, strings.TrimSpace(t.Value)
			}
			break
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return p
}

// report adds a problem with a field of an entry.
func (s *source) report(at place, field, rule, format string, args ...any) {
	path := at.path
	if field != "" {
		path += "." + field
	}
	s.problems = append(s.problems, Problem{File: at.file, Line: s.line(at.file, path), Field: path, Rule: rule, Text: fmt.Sprintf(format, args...)})
}

// line finds the line of a path, or of what it lies in when it is not there.
func (s *source) line(file, path string) (n int) {
	defer func() {
		if recover() != nil { // the library, on keys that it takes for more than names
			n = 1
		}
	}()
	tree := s.trees[file]
	for tree != nil && path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if node, err := p.FilterFile(tree); err == nil && node != nil && node.GetToken() != nil {
				if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
					return m.Values[0].Key.GetToken().Position.Line
				}
				return node.GetToken().Position.Line
			}
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return 1
}

package yamlset

import (
	"bytes"
	"cmp"
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

// Place is where an entry stands: a file, and the path within it.
type Place struct{ File, Path string }

// Reading is a set while it is read: where each entry stands, and what is wrong.
type Reading struct {
	front    string // of the rules: "pack"
	places   map[string]Place
	trees    map[string]*ast.File // lines are found in them
	problems []Problem
}

// New begins a reading; the rules that are broken by a file that cannot be read
// are front + ".yaml".
func New(front string) *Reading {
	return &Reading{front: front, places: map[string]Place{}, trees: map[string]*ast.File{}}
}

// Decode reads one file strictly into a value of its own. It tells whether that
// could be done; if not, the problem is noted.
func (r *Reading) Decode(name string, text []byte, into any) bool {
	tree, err := decode(text, into, r.front)
	if err != nil {
		r.problems = append(r.problems, r.unread(name, err))
		return false
	}
	r.trees[name] = tree
	return true
}

// Append adds the entries of every list of a part, read from a file, to those of
// the whole; both point to a struct of one type.
func (r *Reading) Append(whole, part any, file string) {
	to, from := reflect.ValueOf(whole).Elem(), reflect.ValueOf(part).Elem()
	for i := range to.NumField() {
		if to.Field(i).Kind() != reflect.Slice {
			continue
		}
		section, _, _ := strings.Cut(to.Type().Field(i).Tag.Get("yaml"), ",")
		for j := range from.Field(i).Len() {
			r.Set(Entry(section, to.Field(i).Len()+j), Place{File: file, Path: Entry(section, j)})
		}
		to.Field(i).Set(reflect.AppendSlice(to.Field(i), from.Field(i)))
	}
}

// Set notes where something of the whole stands.
func (r *Reading) Set(path string, at Place) { r.places[path] = at }

// Place is where something of the whole stands.
func (r *Reading) Place(path string) (at Place, known bool) {
	at, known = r.places[path]
	return at, known
}

// At is where the i-th entry of a section of the whole stands.
func (r *Reading) At(section string, i int) Place { return r.places[Entry(section, i)] }

// Entry is the path of the i-th entry of a section.
func Entry(section string, i int) string { return section + "[" + strconv.Itoa(i) + "]" }

// Files lists the files that were read, in order.
func (r *Reading) Files() []string { return slices.Sorted(maps.Keys(r.trees)) }

// Problems are what is wrong, by file and line.
func (r *Reading) Problems() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return r.problems
}

// Write is a value as one file.
func Write(v any) ([]byte, error) {
	var b bytes.Buffer
	err := yaml.NewEncoder(&b, yaml.IndentSequence(true)).Encode(v)
	return b.Bytes(), err
}

// decode reads plain YAML: without tags, anchors and aliases.
func decode(text []byte, into any, front string) (tree *ast.File, err error) {
	defer func() {
		if recover() != nil { // the library, on some input
			err = fault.New(fault.Invalid, front+".yaml", "the file cannot be read")
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

// Visit is called for every node.
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

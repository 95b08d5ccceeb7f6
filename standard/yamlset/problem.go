package yamlset

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Problem is one rule that a file breaks.
type Problem struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Field string `json:"field"` // "wards[2].site"
	Rule  string `json:"rule"`  // stable: "pack.site"
	Text  string `json:"text"`
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s: %s (%s)", p.File, p.Line, p.Field, p.Text, p.Rule)
}

// Report adds a problem with a field of an entry.
func (r *Reading) Report(at Place, field, rule, format string, args ...any) {
	path := at.Path
	if field != "" {
		path += "." + field
	}
	r.problems = append(r.problems, Problem{File: at.File, Line: r.line(at.File, path), Field: path, Rule: rule, Text: fmt.Sprintf(format, args...)})
}

// unread is the problem of a file that cannot be read, with the line that the
// parser gives.
func (r *Reading) unread(name string, err error) Problem {
	p := Problem{File: name, Line: 1, Rule: r.front + ".yaml", Text: "the file cannot be read"}
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

// line finds the line of a path, or of what it lies in when it is not there.
func (r *Reading) line(file, path string) (n int) {
	defer func() {
		if recover() != nil { // the library, on keys that it takes for more than names
			n = 1
		}
	}()
	tree := r.trees[file]
	for tree != nil && path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if node, err := p.FilterFile(tree); err == nil && node != nil && node.GetToken() != nil {
				return firstLine(node)
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

// firstLine is the line that a node begins on: the token of a mapping is the
// colon of its first key.
func firstLine(node ast.Node) int {
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken().Position.Line
	}
	return node.GetToken().Position.Line
}

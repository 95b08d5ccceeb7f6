package pack

import (
	"fmt"
	"reflect"
	"strings"
)

// What became of an entry.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Change is one entry in which two packs differ.
type Change struct {
	Section string  `json:"section"`
	Key     string  `json:"key"`
	What    string  `json:"what"`
	Fields  []Field `json:"fields,omitempty"` // of a changed entry
}

// Field is one field that differs.
type Field struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (c Change) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-8s %s %s", c.What, c.Section, c.Key)
	for _, f := range c.Fields {
		fmt.Fprintf(&out, "\n           %s: %s → %s", f.Name, shown(f.From), shown(f.To))
	}
	return out.String()
}

func shown(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// Diff tells what a pack would change of the one that runs; nil runs nothing.
// Entries are known by their first field: the order of entries says nothing.
func Diff(runs, next *Pack) []Change {
	if runs == nil {
		runs = &Pack{}
	}
	var out []Change
	if runs.Organisation != next.Organisation {
		c := compare("organisation", next.Organisation.Code, reflect.ValueOf(runs.Organisation), reflect.ValueOf(next.Organisation))
		if runs.Organisation == (Organisation{}) {
			c.What, c.Fields = Added, nil
		}
		out = append(out, c)
	}
	a, b := reflect.ValueOf(*runs), reflect.ValueOf(*next)
	for i := range a.NumField() {
		if a.Field(i).Kind() == reflect.Slice {
			section, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
			out = append(out, diffSection(section, a.Field(i), b.Field(i))...)
		}
	}
	return out
}

func diffSection(section string, runs, next reflect.Value) []Change {
	var out []Change
	before := map[string]reflect.Value{}
	for i := range runs.Len() {
		before[runs.Index(i).Field(0).String()] = runs.Index(i)
	}
	for i := range next.Len() {
		key := next.Index(i).Field(0).String()
		was, there := before[key]
		delete(before, key)
		if !there {
			out = append(out, Change{Section: section, Key: key, What: Added})
		} else if c := compare(section, key, was, next.Index(i)); len(c.Fields) > 0 {
			out = append(out, c)
		}
	}
	for i := range runs.Len() {
		if key := runs.Index(i).Field(0).String(); before[key].IsValid() {
			out = append(out, Change{Section: section, Key: key, What: Removed})
		}
	}
	return out
}

// compare gives the fields in which two entries differ.
func compare(section, key string, a, b reflect.Value) Change {
	c := Change{Section: section, Key: key, What: Changed}
	for i := range a.NumField() {
		from, to := fieldText(a.Field(i)), fieldText(b.Field(i))
		if from != to {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
			c.Fields = append(c.Fields, Field{name, from, to})
		}
	}
	return c
}

func fieldText(v reflect.Value) string {
	if list, ok := v.Interface().([]string); ok {
		return strings.Join(list, ", ")
	}
	if v.IsZero() {
		return ""
	}
	return fmt.Sprint(v.Interface())
}

package main

import (
	"sort"
	"strings"
)

type constraint struct {
	Key        string `json:"key"`
	Severity   string `json:"severity"`
	Human      string `json:"human"`
	Expression string `json:"expression"`
}

// types loads the definitions of the types of R4, in order of name.
func types(dir string) []structure {
	var out []structure
	for _, d := range load[structure](dir, "StructureDefinition-*.json") {
		if d.Kind != "logical" && d.Derivation != "constraint" {
			out = append(out, d)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Type < out[j].Type })
	return out
}

// corrected are expressions of R4 that do not say what the text beside them says.
// Later releases have them so.
var corrected = map[string]string{
	"que-7":  "operator = 'exists' implies (answer is boolean)",        // not Boolean, which is no type of FHIR
	"que-12": "enableWhen.count() > 1 implies enableBehavior.exists()", // not > 2
}

// invariants writes a line per constraint, where it is first stated: path,
// key, severity, expression, text. What an element has from its type, or a type
// from its base, is not repeated.
func invariants(dir string) []byte {
	all := types(dir)
	base := map[string]string{}
	stated := map[string]map[string]bool{} // type → expressions of its root
	for _, d := range all {
		base[d.Type] = lastStep(d.BaseDefinition, "/")
		stated[d.Type] = map[string]bool{}
		for _, c := range d.Snapshot.Element[0].Constraint {
			stated[d.Type][c.Expression] = true
		}
	}
	inherited := func(d structure, e element, c constraint) bool {
		if e.Path == d.Type {
			return stated[base[d.Type]][c.Expression]
		}
		for _, t := range e.Type {
			if stated[t.Code][c.Expression] {
				return true
			}
		}
		home := strings.Split(e.Base.Path, ".")[0]
		return home != d.Type || stated["Element"][c.Expression]
	}
	var out strings.Builder
	out.WriteString(header)
	for _, d := range all {
		for _, e := range d.Snapshot.Element {
			for _, c := range e.Constraint {
				if c.Expression == "" || inherited(d, e, c) {
					continue
				}
				if right := corrected[c.Key]; right != "" {
					c.Expression = right
				}
				out.WriteString(strings.Join([]string{e.Path, c.Key, c.Severity, oneLine(c.Expression), oneLine(c.Human)}, "\t") + "\n")
			}
		}
	}
	return []byte(out.String())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// bindings writes a line per coded element whose value set is extensible, or
// required but not in the table of codes: path, strength, value set.
func bindings(dir string, sets map[string]valueSet) []byte {
	var out strings.Builder
	out.WriteString(header)
	for _, d := range types(dir) {
		for _, e := range d.Snapshot.Element[1:] {
			url, _, _ := strings.Cut(e.Binding.ValueSet, "|")
			wanted := e.Binding.Strength == "extensible" || e.Binding.Strength == "required" && sets[lastStep(url, "/")] == nil
			home := strings.Split(e.Base.Path, ".")[0]
			if !wanted || url == "" || home != d.Type {
				continue
			}
			out.WriteString(e.Path + "\t" + e.Binding.Strength + "\t" + url + "\n")
		}
	}
	return []byte(out.String())
}

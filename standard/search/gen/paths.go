package main

import (
	"regexp"
	"strings"
)

// model is what the definitions say of elements: path → element.
type model map[string]element

type element struct {
	types  []string
	same   string // contentReference: the path that it repeats
	choice bool
}

func (m model) add(d definition) {
	for _, e := range d.Snapshot.Element {
		var el element
		for _, t := range e.Type {
			el.types = append(el.types, t.Code)
		}
		if i := strings.IndexByte(e.ContentReference, '#'); i >= 0 {
			el.same = e.ContentReference[i+1:]
		}
		p, choice := strings.CutSuffix(e.Path, "[x]")
		el.choice = choice
		if _, known := m[p]; !known {
			m[p] = el
		}
	}
}

// step goes from a type or backbone path to a member of it: the type or path
// that it leads to ("" when several), and whether it is a choice element.
func (m model) step(at, name string) (next string, choice bool) {
	el, ok := m[at+"."+name]
	if !ok {
		return "", false
	}
	switch {
	case el.same != "":
		return el.same, false
	case len(el.types) != 1:
		return "", el.choice
	case el.types[0] == "BackboneElement" || el.types[0] == "Element":
		return at + "." + name, el.choice
	}
	return el.types[0], el.choice
}

var (
	asForm    = regexp.MustCompile(`^\((.+) as ([A-Za-z]+)\)(\.[A-Za-z]+)?$`)
	asCall    = regexp.MustCompile(`^(.+)\.(?:as|ofType)\(([A-Za-z]+)\)$`)
	resolveIs = regexp.MustCompile(`\.where\(resolve\(\) is ([A-Za-z]+)\)`)
	whereEq   = regexp.MustCompile(`\.where\(([a-z]+)='([^']*)'\)`)
	whereHas  = regexp.MustCompile(`\.where\(hasExtension\('([^']*)'\)\)`)
	extension = regexp.MustCompile(`\.extension\('([^']*)'\)$`)
	wrapped   = regexp.MustCompile(`^\(([^()]+)\)$`)
	relative  = regexp.MustCompile(`^[a-z][A-Za-z]*$`)
	simple    = regexp.MustCompile(`^[A-Za-z]+(\.[A-Za-z]+(\[[^\]]*\])*)*$`)
)

// pathsOf turns the union members of an expression that begin with the base
// type into paths; what the path language cannot say is left out and named.
func (m model) pathsOf(expression, base string) (paths, odd []string) {
	for _, part := range strings.Split(expression, "|") {
		part = strings.TrimSpace(part)
		if part == "Patient.deceased.exists() and Patient.deceased != false" {
			part = "Patient.deceased[!false]"
		}
		as, after := "", ""
		if f := asForm.FindStringSubmatch(part); f != nil {
			part, as, after = f[1], f[2], f[3]
		} else if f := asCall.FindStringSubmatch(part); f != nil {
			part, as = f[1], f[2]
		}
		part = wrapped.ReplaceAllString(part, "$1")
		part = resolveIs.ReplaceAllString(part, "[->$1]")
		part = whereEq.ReplaceAllString(part, "[$1=$2]")
		part = whereHas.ReplaceAllString(part, "[+$1]")
		url := ""
		if f := extension.FindStringSubmatch(part); f != nil {
			part, url = extension.ReplaceAllString(part, ""), f[1]
		}
		if relative.MatchString(part) { // R4 leaves the type off in InsurancePlan.name
			part = base + "." + part
		}
		if part == base {
			part += "."
		} else if base != "Resource" && base != "DomainResource" && !strings.HasPrefix(part, base+".") {
			continue
		}
		if part = strings.TrimSuffix(part, "."); !simple.MatchString(part) {
			odd = append(odd, part)
			continue
		}
		p := m.concrete(part, as)
		if url != "" {
			p = strings.TrimPrefix(p+".extension[url="+url+"].value*", ".")
		}
		if p == "" {
			p = "."
		}
		paths = append(paths, p+after)
	}
	return paths, odd
}

// concrete writes a choice step as nameType (with "as") or name* (any type).
func (m model) concrete(part, as string) string {
	steps := strings.Split(part, ".")
	for i := 1; i < len(steps); i++ { // a dot within a filter belongs to it
		for strings.Count(steps[i], "[") > strings.Count(steps[i], "]") && i+1 < len(steps) {
			steps[i] += "." + steps[i+1]
			steps = append(steps[:i+1], steps[i+2:]...)
		}
	}
	at := steps[0]
	for i := 1; i < len(steps); i++ {
		name, filter, _ := strings.Cut(steps[i], "[")
		if filter != "" {
			filter = "[" + filter
		}
		next, choice := m.step(at, name)
		if choice || as != "" && i == len(steps)-1 {
			if as != "" && i == len(steps)-1 {
				name += strings.ToUpper(as[:1]) + as[1:]
			} else {
				name += "*"
			}
		}
		steps[i], at = name+filter, next
	}
	return strings.Join(steps[1:], ".")
}

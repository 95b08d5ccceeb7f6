package pack

import (
	"sort"
	"strings"
	"sync"

	"concord/standard/fhir"
)

// Pack holds definitions. What it lacks is looked for in the pack below.
type Pack struct {
	below   *Pack
	entries map[string]*entry // by key: type and URL, or type and URL|version

	problems []error
}

// Problems lists the files that were left out because they are not FHIR R4.
func (p *Pack) Problems() []error { return p.problems }

// entry is one definition, read when it is first needed.
type entry struct {
	text  string
	url   string
	value *fhir.Value

	parsed sync.Once
	coded  sync.Once
	system *system
	set    *valueSet
}

func (e *entry) definition() *fhir.Value {
	e.parsed.Do(func() {
		if e.value == nil {
			e.value, _ = fhir.ParseObject([]byte(e.text))
		}
	})
	return e.value
}

func key(typ, canonical string) string { return typ + " " + canonical }

// Find is the definition of that type ("StructureDefinition", "ValueSet",
// "CodeSystem", "ConceptMap") and canonical URL, with or without |version; nil
// when there is none. A version that is not there is answered with the one that
// is, as most guides expect.
func (p *Pack) Find(typ, canonical string) *fhir.Value {
	if e := p.find(typ, canonical); e != nil {
		return e.definition()
	}
	return nil
}

// HasVersion tells whether a canonical with a version finds exactly that one.
func (p *Pack) HasVersion(typ, canonical string) bool {
	url, version, pinned := strings.Cut(canonical, "|")
	return !pinned || version == "" || p.exact(key(typ, canonical)) != nil ||
		strings.HasPrefix(p.Find(typ, url).StrAt("version"), version+".")
}

func (p *Pack) find(typ, canonical string) *entry {
	canonical, _, _ = strings.Cut(canonical, "#")
	if e := p.exact(key(typ, canonical)); e != nil {
		return e
	}
	url, _, pinned := strings.Cut(canonical, "|")
	if !pinned {
		return nil
	}
	return p.exact(key(typ, url))
}

func (p *Pack) exact(k string) *entry {
	for ; p != nil; p = p.below {
		if e := p.entries[k]; e != nil {
			return e
		}
	}
	return nil
}

// Own lists the canonical URLs of that type in this pack, not those below.
func (p *Pack) Own(typ string) []string {
	var out []string
	for k, e := range p.entries {
		if k == key(typ, e.url) {
			out = append(out, e.url)
		}
	}
	sort.Strings(out)
	return out
}

// Len counts the definitions of this pack, not those below.
func (p *Pack) Len() int {
	n := 0
	for k := range p.entries {
		if !strings.Contains(k, "|") {
			n++
		}
	}
	return n
}

// add keeps a definition under its URL and under URL|version; a later one of
// the same URL takes the place of an earlier.
func (p *Pack) add(v *fhir.Value) bool {
	typ, url := v.Type(), v.StrAt("url")
	if !wanted(typ) || url == "" {
		return false
	}
	e := &entry{url: url, value: v}
	p.entries[key(typ, url)] = e
	if version := v.StrAt("version"); version != "" {
		p.entries[key(typ, url+"|"+version)] = e
	}
	return true
}

func wanted(typ string) bool {
	switch typ {
	case "StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap":
		return true
	}
	return false
}

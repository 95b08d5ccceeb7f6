package pack

import (
	"strings"

	"concord/standard/fhir"
)

// system is a code system read for look-ups.
type system struct {
	complete bool // every code is listed
	fold     bool // case does not count
	concepts map[string]*concept
}

type concept struct {
	parents    []string
	properties map[string]string
}

// systemOf is the code system of that URL, or nil.
func (p *Pack) systemOf(url string) *system {
	e := p.find("CodeSystem", url)
	if e == nil {
		return nil
	}
	e.coded.Do(func() { e.system = readSystem(e.definition()) })
	return e.system
}

// maxHierarchy bounds how deep a hierarchy of concepts is followed.
const maxHierarchy = 64

func readSystem(v *fhir.Value) *system {
	s := &system{
		complete: v.StrAt("content") == "complete",
		fold:     v.Get("caseSensitive").Raw() == "false",
		concepts: map[string]*concept{},
	}
	s.read(v.Get("concept"), "", 0)
	// Some hierarchies are told by the parent's list of children only.
	for code, c := range s.concepts {
		for _, child := range strings.Fields(c.properties["child"]) {
			if below := s.concepts[child]; below != nil {
				below.parents = append(below.parents, code)
			}
		}
		if parent := c.properties["parent"]; parent != "" {
			c.parents = append(c.parents, strings.Fields(parent)...)
		}
	}
	return s
}

func (s *system) read(list *fhir.Value, parent string, depth int) {
	if depth > maxHierarchy {
		return
	}
	for v := range list.Each() {
		code := s.spelt(v.StrAt("code"))
		c := s.concepts[code]
		if c == nil {
			c = &concept{}
			s.concepts[code] = c
		}
		if parent != "" {
			c.parents = append(c.parents, parent)
		}
		for prop := range v.Get("property").Each() {
			c.set(prop)
		}
		s.read(v.Get("concept"), code, depth+1)
	}
}

// set notes a property; several values of one name are separated by spaces.
func (c *concept) set(prop *fhir.Value) {
	if c.properties == nil {
		c.properties = map[string]string{}
	}
	name := prop.StrAt("code")
	for member, v := range prop.Members() {
		value, ok := strings.CutPrefix(member, "value")
		if !ok {
			continue
		}
		text := v.Text()
		if value == "Coding" {
			text = v.StrAt("code")
		}
		c.properties[name] = strings.TrimSpace(c.properties[name] + " " + text)
	}
}

func (s *system) spelt(code string) string {
	if s.fold {
		return strings.ToLower(code)
	}
	return code
}

func (s *system) concept(code string) *concept { return s.concepts[s.spelt(code)] }

// below tells whether code is ancestor itself (when self counts) or under it.
func (s *system) below(code, ancestor string, self bool, depth int) bool {
	if code == ancestor {
		return self
	}
	c := s.concepts[code]
	if c == nil || depth > maxHierarchy {
		return false
	}
	for _, p := range c.parents {
		if s.below(p, ancestor, true, depth+1) {
			return true
		}
	}
	return false
}

package fhir

import (
	"slices"
	"strconv"
	"strings"
)

// Reference is a literal reference taken apart
// (https://hl7.org/fhir/R4/references.html#literal).
type Reference struct {
	Base    string // "" for a relative reference
	Type    string
	ID      string
	Version string
}

// ParseReference reads "Type/id", "Type/id/_history/v" and the absolute forms.
// ok is false for contained ("#x"), urn: and canonical references.
func ParseReference(s string) (r Reference, ok bool) {
	if s == "" || s[0] == '#' || strings.HasPrefix(s, "urn:") {
		return r, false
	}
	rest, last, _ := lastPart(s)
	if before, mark, more := lastPart(rest); mark == "_history" && strings.Contains(before, "/") && more {
		r.Version = last
		rest, last, _ = lastPart(before)
	}
	r.ID = last
	r.Base, r.Type, _ = lastPart(rest)
	if !ValidID(r.ID) || !looksLikeType(r.Type) {
		return Reference{}, false
	}
	return r, true
}

// lastPart cuts the part behind the last slash off.
func lastPart(s string) (before, last string, more bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func (r Reference) String() string {
	s := r.Type + "/" + r.ID
	if r.Base != "" {
		s = r.Base + "/" + s
	}
	if r.Version != "" {
		s += "/_history/" + r.Version
	}
	return s
}

// ValidID tells whether s is a FHIR id: 1 to 64 of A–Z a–z 0–9 - .
// (https://hl7.org/fhir/R4/datatypes.html#id)
func ValidID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

func looksLikeType(s string) bool {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// Rewrite returns a copy of v in which every Reference.reference (a member
// named "reference" with a string value) went through f. What does not change
// is shared.
func Rewrite(v *Value, f func(ref string) string) *Value {
	out, _ := rewrite(v, func(m *Member) (*Value, bool) {
		if m.Name != "reference" {
			return nil, false
		}
		return replaced(m, f(m.Str()))
	})
	return out
}

// Relink is Rewrite for every link that a transaction may have to resolve:
// beside references each urn: in an element that is no identifier's value or
// system, and the href and src of narratives
// (https://hl7.org/fhir/R4/http.html#trules).
func Relink(v *Value, f func(ref string) string) *Value {
	out, _ := rewrite(v, func(m *Member) (*Value, bool) { return relinked(m, f) })
	return out
}

// PlaceOf is the element of a resource in which a literal reference stands, as
// FHIRPath names it ("Observation.subject", "Bundle.entry[2].resource.encounter"),
// the first one if there are several; "" when there is none.
func PlaceOf(resource *Value, ref string) string {
	if place, ok := placeOf(resource, "reference", ref); ok {
		return resource.Type() + place
	}
	return ""
}

// PlaceOfURL is PlaceOf of what holds a url.
func PlaceOfURL(resource *Value, url string) string {
	if place, ok := placeOf(resource, "url", url); ok {
		return resource.Type() + place
	}
	return ""
}

func placeOf(v *Value, name, ref string) (place string, ok bool) {
	if v == nil {
		return "", false
	}
	list := v.list()
	for i := range list {
		m := &list[i]
		if m.Name == name && m.kind == String && m.Str() == ref {
			return "", true
		}
		step := "." + m.Name
		if v.kind == Array {
			step = "[" + strconv.Itoa(i) + "]"
		}
		if place, ok := placeOf(&m.Value, name, ref); ok {
			return step + place, true
		}
	}
	return "", false
}

func replaced(m *Member, s string) (*Value, bool) {
	if s == m.Str() {
		return nil, false
	}
	return Of(s), true
}

func rewrite(v *Value, f func(*Member) (*Value, bool)) (*Value, bool) {
	if v.Len() == 0 {
		return v, false
	}
	var changed []Member
	list := v.list()
	for i := range list {
		m := &list[i]
		var n *Value
		ok := false
		if m.kind == String {
			n, ok = f(m)
		} else {
			n, ok = rewrite(&m.Value, f)
		}
		if !ok {
			continue
		}
		if changed == nil {
			changed = slices.Clone(list)
		}
		changed[i] = Member{m.Name, *n}
	}
	if changed == nil {
		return v, false
	}
	out := holder(v.kind, changed)
	return &out, true
}

// relinked is a string with its links rewritten.
func relinked(m *Member, f func(string) string) (*Value, bool) {
	switch {
	case m.Name == "reference" || strings.HasPrefix(m.raw(), `"urn:`) && m.Name != "value" && m.Name != "system" && m.Name != "fullUrl":
		return replaced(m, f(m.Str()))
	case m.Name == "div":
		return replaced(m, hrefs(m.Str(), f))
	}
	return nil, false
}

// hrefs rewrites the href and src attributes of a narrative.
func hrefs(div string, f func(string) string) string {
	var out strings.Builder
	rest := div
	for {
		i := nextLink(rest)
		if i < 0 {
			break
		}
		end := strings.IndexByte(rest[i:], '"')
		if end < 0 {
			break
		}
		out.WriteString(rest[:i])
		out.WriteString(f(rest[i : i+end]))
		rest = rest[i+end:]
	}
	out.WriteString(rest)
	return out.String()
}

// nextLink is where the value of the next href or src begins.
func nextLink(s string) int {
	first := -1
	for _, name := range [...]string{` href="`, ` src="`} {
		if i := strings.Index(s, name); i >= 0 && (first < 0 || i+len(name) < first) {
			first = i + len(name)
		}
	}
	return first
}

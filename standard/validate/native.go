package validate

import (
	"strings"
	"time"

	"concord/standard/fhir"
)

// nativeRule is a constraint written in Go. A test holds each against its
// FHIRPath expression on every corpus.
type nativeRule func(c *check, v *fhir.Value) bool

// nativeRules are the constraints that stand on nearly every resource, by path
// and key.
var nativeRules = map[string]nativeRule{
	"DomainResource dom-2": dom2,
	"DomainResource dom-3": dom3,
	"DomainResource dom-4": dom4,
	"DomainResource dom-5": dom5,
	"DomainResource dom-6": func(_ *check, v *fhir.Value) bool { return has(v.Get("text"), "div") },
	"Extension ext-1":      ext1,
	"Period per-1":         per1,
	"Reference ref-1":      ref1,
	"Quantity qty-3":       func(_ *check, v *fhir.Value) bool { return !has(v, "code") || has(v, "system") },
	"Attachment att-1":     func(_ *check, v *fhir.Value) bool { return !has(v, "data") || has(v, "contentType") },
	"ContactPoint cpt-2":   func(_ *check, v *fhir.Value) bool { return !has(v, "value") || has(v, "system") },
	"Bundle bdl-7":         bdl7,
	"Bundle.entry bdl-5": func(_ *check, v *fhir.Value) bool {
		return has(v, "resource") || has(v, "request") || has(v, "response")
	},
	"Observation obs-6": func(_ *check, v *fhir.Value) bool {
		return !has(v, "dataAbsentReason") || !hasChoice(v, "value")
	},
	"Observation obs-7": obs7,
	"Observation.referenceRange obs-3": func(_ *check, v *fhir.Value) bool {
		return has(v, "low") || has(v, "high") || has(v, "text")
	},
	"Organization org-1":         func(_ *check, v *fhir.Value) bool { return has(v, "identifier") || has(v, "name") },
	"Organization.telecom org-3": notHome,
	"Organization.address org-2": notHome,
	"Patient.contact pat-1": func(_ *check, v *fhir.Value) bool {
		return has(v, "name") || has(v, "telecom") || has(v, "address") || has(v, "organization")
	},
}

// has tells whether an element is there, be it only with an extension.
func has(v *fhir.Value, name string) bool {
	for n, m := range v.Members() {
		if (n == name || len(n) == len(name)+1 && n[0] == '_' && n[1:] == name) && given(m) {
			return true
		}
	}
	return false
}

// hasChoice is has for an element such as value[x].
func hasChoice(v *fhir.Value, name string) bool {
	for n, m := range v.Members() {
		n = strings.TrimPrefix(n, "_")
		if len(n) > len(name) && n[:len(name)] == name && n[len(name)] >= 'A' && n[len(name)] <= 'Z' && given(m) {
			return true
		}
	}
	return false
}

func given(v *fhir.Value) bool {
	return v.Kind() != fhir.Null && (v.Kind() != fhir.Array || v.Len() > 0)
}

func dom2(_ *check, v *fhir.Value) bool {
	for r := range v.Get("contained").Each() {
		if has(r, "contained") {
			return false
		}
	}
	return true
}

// dom3: what is contained is referred to, or refers to its container.
func dom3(_ *check, v *fhir.Value) bool {
	contained := v.Get("contained")
	if contained == nil {
		return true
	}
	used := map[string]bool{}
	fragments(v, used)
	for r := range contained.Each() {
		if id := r.ID(); id != "" && !used["#"+id] && !refersTo(r, "#") {
			return false
		}
	}
	return true
}

// fragments collects every text that begins with #: references, canonicals and
// URLs that may point at what is contained.
func fragments(v *fhir.Value, into map[string]bool) {
	if v.Kind() == fhir.String && len(v.Raw()) > 2 && v.Raw()[1] == '#' {
		into[v.Str()] = true
	}
	if v.Kind() == fhir.Array {
		for item := range v.Each() {
			fragments(item, into)
		}
	}
	for _, m := range v.Members() {
		fragments(m, into)
	}
}

func refersTo(v *fhir.Value, text string) bool {
	used := map[string]bool{}
	fragments(v, used)
	return used[text]
}

func dom4(_ *check, v *fhir.Value) bool {
	for r := range v.Get("contained").Each() {
		if m := r.Get("meta"); has(m, "versionId") || has(m, "lastUpdated") {
			return false
		}
	}
	return true
}

func dom5(_ *check, v *fhir.Value) bool {
	for r := range v.Get("contained").Each() {
		if has(r.Get("meta"), "security") {
			return false
		}
	}
	return true
}

// ext1: an extension has a value or extensions, not both.
func ext1(_ *check, v *fhir.Value) bool { return has(v, "extension") != hasChoice(v, "value") }

// per1 is broken only by an end that is surely before the start.
func per1(_ *check, v *fhir.Value) bool {
	start, end := v.Get("start"), v.Get("end")
	if start.Kind() != fhir.String || end.Kind() != fhir.String {
		return true
	}
	return !later(start.Str(), end.Str())
}

// The offsets of a date that has none lie between these.
const (
	eastmost = 14 * time.Hour
	westmost = 12 * time.Hour
)

// later tells whether one date or time is surely after another, whatever was
// left out of them.
func later(a, b string) bool {
	if !isDateTime(a) || !isDateTime(b) {
		return false
	}
	if len(a) <= 10 && len(b) <= 10 {
		n := min(len(a), len(b))
		return a[:n] > b[:n]
	}
	x, okX := fhir.ParseInstant(a, nil)
	y, okY := fhir.ParseInstant(b, nil)
	first, last := x.Start, y.Start
	if len(a) <= 10 {
		first = first.Add(-eastmost)
	}
	if len(b) <= 10 {
		last = y.End(nil).Add(westmost - 1)
	}
	return okX && okY && first.After(last)
}

// ref1: a reference to something contained finds it.
func ref1(c *check, v *fhir.Value) bool {
	s := v.Get("reference").Str()
	if len(s) < 2 || s[0] != '#' {
		return true
	}
	return c.isContained(s[1:])
}

// bdl7: the same fullUrl comes twice only with two versions.
func bdl7(_ *check, v *fhir.Value) bool {
	if v.StrAt("type") == "history" {
		return true
	}
	seen := make(map[string]bool, v.Get("entry").Len())
	for e := range v.Get("entry").Each() {
		url := e.StrAt("fullUrl")
		if url == "" {
			continue
		}
		url += e.StrAt("resource.meta.versionId")
		if seen[url] {
			return false
		}
		seen[url] = true
	}
	return true
}

// obs7: a component with the code of the whole has the value there, so the
// whole has none.
func obs7(_ *check, v *fhir.Value) bool {
	component := v.Get("component")
	if component == nil || !hasChoice(v, "value") {
		return true
	}
	for comp := range component.Each() {
		for theirs := range comp.Path("code.coding").Each() {
			for ours := range v.Path("code.coding").Each() {
				if fhir.Equal(theirs, ours) {
					return false
				}
			}
		}
	}
	return true
}

func notHome(_ *check, v *fhir.Value) bool { return v.StrAt("use") != "home" }

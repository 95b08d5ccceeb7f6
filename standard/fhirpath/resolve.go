package fhirpath

import (
	"strings"

	"concord/standard/fhir"
)

// resolve finds what references point at: contained resources, entries of the
// Bundle around them, and what Env.Resolve knows. What is not found is left
// out.
func resolve(m *machine, c call) error {
	for i := range c.in(m) {
		ref := referenceOf(&c.in(m)[i])
		if ref == "" {
			continue
		}
		v, err := m.lookUp(ref)
		if err != nil {
			return err
		}
		if v == nil {
			continue
		}
		if err := m.push(resourceItem(v)); err != nil {
			return err
		}
	}
	return nil
}

// referenceOf reads a Reference, or a uri or canonical.
func referenceOf(it *Item) string {
	if s, ok := it.plain(); ok {
		return s
	}
	if it.kind == nodeKind {
		return it.value.Get("reference").Str()
	}
	return ""
}

func (m *machine) lookUp(ref string) (*fhir.Value, error) {
	root := m.root().value
	resource := m.resource().value
	if id, ok := strings.CutPrefix(ref, "#"); ok {
		for _, home := range [...]*fhir.Value{resource, root} {
			if id == "" && home != nil {
				return home, nil
			}
			for r := range home.Get("contained").Each() {
				if err := m.step(); err != nil {
					return nil, err
				}
				if r.ID() == id {
					return r, nil
				}
			}
		}
		return nil, nil
	}
	if v, err := m.entry(root, ref); v != nil || err != nil {
		return v, err
	}
	if m.env.Resolve != nil {
		return m.env.Resolve(ref), nil
	}
	return nil, nil
}

// entry finds an entry of a Bundle by its full URL, or by type and id for a
// relative reference (https://hl7.org/fhir/R4/bundle.html#references).
func (m *machine) entry(bundle *fhir.Value, ref string) (*fhir.Value, error) {
	if bundle.Type() != "Bundle" {
		return nil, nil
	}
	relative, isRelative := fhir.ParseReference(ref)
	isRelative = isRelative && relative.Base == ""
	for e := range bundle.Get("entry").Each() {
		if err := m.step(); err != nil {
			return nil, err
		}
		r := e.Get("resource")
		if r == nil {
			continue
		}
		url := e.Get("fullUrl").Str()
		if url == ref || isRelative && (r.Type() == relative.Type && r.ID() == relative.ID || strings.HasSuffix(url, "/"+ref)) {
			return r, nil
		}
	}
	return nil, nil
}

package fhirpath

import (
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// What FHIR adds to FHIRPath (https://hl7.org/fhir/R4/fhirpath.html#functions).

// extension: the extensions of that URL, also those beside a primitive.
func extension(m *machine, c call) error {
	url, ok, err := text(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	typ := fhir.StructureOf("Extension")
	for i := range c.in(m) {
		it := &c.in(m)[i]
		home := it.value
		if home.Kind() != fhir.Object {
			home = it.extra
		}
		for e := range home.Get("extension").Each() {
			if e.Get("url").Str() != url {
				continue
			}
			if err := m.pushNode(e, nil, typ); err != nil {
				return err
			}
		}
		if err := m.step(); err != nil {
			return err
		}
	}
	return nil
}

// typeFunction is type().
func typeFunction(m *machine, c call) error {
	for i := range c.in(m) {
		name, ok := typeOf(&c.in(m)[i])
		if !ok {
			continue
		}
		if err := m.push(Item{kind: typeKind, ref: name}); err != nil {
			return err
		}
	}
	return nil
}

// memberOf asks Env.MemberOf; what is not known gives an empty result.
func memberOf(m *machine, c call) error {
	set, ok, err := text(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	it, err := one(c.in(m))
	if err != nil || it == nil || m.env.MemberOf == nil {
		return err
	}
	n, ok := it.Node()
	if !ok {
		n = Node{Value: fhir.Of(it.Text()), Type: "code"}
	}
	in, known := m.env.MemberOf(set, n)
	if !known {
		return nil
	}
	return m.push(booleanItem(in))
}

const structureURL = "http://hl7.org/fhir/StructureDefinition/"

// conformsTo knows the types of R4; other profiles are for Env.ConformsTo.
func conformsTo(m *machine, c call) error {
	profile, ok, err := text(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	it, err := one(c.in(m))
	if err != nil || it == nil {
		return err
	}
	if name, ok := strings.CutPrefix(profile, structureURL); ok {
		if typ := fhir.StructureOf(name); typ != nil {
			return m.push(booleanItem(it.kind == nodeKind && derives(it.typ, typ)))
		}
	}
	if n, ok := it.Node(); ok && m.env.ConformsTo != nil {
		if conforms, known := m.env.ConformsTo(profile, n); known {
			return m.push(booleanItem(conforms))
		}
	}
	return fault.New(fault.Unsupported, "fhirpath.profile", "the expression asks for a profile that is not known here")
}

// htmlChecks asks for a narrative that is a div. Whether its markup is allowed
// is the base validation's to say (standard/validate).
func htmlChecks(m *machine, c call) error {
	s, ok, err := text(c.in(m))
	if err != nil || !ok {
		return err
	}
	s = strings.TrimSpace(s)
	return m.push(booleanItem(strings.HasPrefix(s, "<div") && (strings.HasSuffix(s, "</div>") || strings.HasSuffix(s, "/>"))))
}

// checkModifiers refuses modifier extensions other than those named, and
// passes its input on.
func checkModifiers(m *machine, c call) error {
	for i := range c.in(m) {
		for e := range c.in(m)[i].value.Get("modifierExtension").Each() {
			known := false
			for a := range c.args {
				url, _, err := text(c.arg(m, a))
				if err != nil {
					return err
				}
				known = known || url == e.Get("url").Str()
			}
			if !known {
				return fault.New(fault.Invalid, "fhirpath.modifier", "an element has a modifier extension that is not understood")
			}
		}
	}
	return m.pushAll(c.in(m))
}

// unsupported is a function that needs definitions or terminologies which an
// expression cannot see here.
func unsupported(*machine, call) error {
	return fault.New(fault.Unsupported, "fhirpath.unsupported", "the expression uses a function that is not served here")
}

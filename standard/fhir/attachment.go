package fhir

import (
	"slices"
	"strings"
)

// AttachedTo lists the literal references ("Binary/x", "https://…/fhir/Binary/x",
// without their version) to the Binaries of which the Attachments of a resource have
// the url, each once: wherever R4 has an Attachment, extensions and what is contained
// included. The entries of a Bundle are left out: a Bundle is kept as it is, and its
// own fullUrls say what is meant within it.
// (https://hl7.org/fhir/R4/datatypes.html#Attachment)
func AttachedTo(resource *Value) []string {
	var out []string
	for _, url := range Attachments(resource) {
		if ref := AttachedBinary(url); ref != "" && !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	return out
}

// Attachments lists the urls of the Attachments of a resource in the order in which they
// stand, as they are written.
func Attachments(resource *Value) []string {
	if !attaches(resource) {
		return nil
	}
	return attachments(nil, resource, StructureOf(resource.Type()))
}

// AttachedBinary is the Binary that a url names, without its version; "" for any other
// url.
func AttachedBinary(url string) string {
	url, _, _ = strings.Cut(url, "#")
	ref, ok := ParseReference(url)
	if !ok || ref.Type != "Binary" {
		return ""
	}
	ref.Version = ""
	return ref.String()
}

// ReattachTo returns a copy of a resource in which every url of an Attachment that leads
// to a Binary went through f. What does not change is shared.
func ReattachTo(resource *Value, f func(url string) string) *Value {
	urls := slices.DeleteFunc(Attachments(resource), func(url string) bool { return AttachedBinary(url) == "" })
	if len(urls) == 0 {
		return resource
	}
	out, _ := rewrite(resource, func(m *Member) (*Value, bool) {
		if m.Name != "url" || !slices.Contains(urls, m.Str()) {
			return nil, false
		}
		return replaced(m, f(m.Str()))
	})
	return out
}

// attaches tells whether anything in a value is called url: most resources have none,
// and need no look at the definitions.
func attaches(v *Value) bool {
	if v == nil {
		return false
	}
	list := v.list()
	for i := range list {
		if m := &list[i]; m.kind == String && m.Name == "url" || attaches(&m.Value) {
			return true
		}
	}
	return false
}

func attachments(out []string, v *Value, typ *Structure) []string {
	if typ == nil {
		return out
	}
	if url := v.Get("url"); typ.Name == "Attachment" && url.Kind() == String {
		out = append(out, url.Str())
	}
	for name, m := range v.Members() {
		name, companion := strings.CutPrefix(name, "_")
		slot, ok := typ.Slot(name)
		switch {
		case !ok:
			continue
		case companion:
			slot.Type = StructureOf("Element")
		case slot.Type.Form == PrimitiveType || slot.Type.Form == ResourceType && name != "contained":
			continue
		}
		if m.Kind() != Array {
			out = within(out, m, slot.Type)
			continue
		}
		for one := range m.Each() {
			out = within(out, one, slot.Type)
		}
	}
	return out
}

// within is attachments of one value of an element.
func within(out []string, v *Value, typ *Structure) []string {
	if typ.Form == ResourceType {
		typ = StructureOf(v.Type())
	}
	return attachments(out, v, typ)
}

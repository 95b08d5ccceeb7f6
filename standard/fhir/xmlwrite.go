package fhir

import (
	"html"
	"regexp"
	"strings"
)

// AppendXML writes a resource in the XML format
// (https://hl7.org/fhir/R4/xml.html): elements in the order of the definition,
// as XML asks, values as attributes, narratives as XHTML. Members that R4 does
// not define have no place in XML and are left out.
func (v *Value) AppendXML(dst []byte) []byte {
	dst = append(dst, `<?xml version="1.0" encoding="UTF-8"?>`...)
	w := xmlWriter{out: dst}
	w.resource(v, true)
	return w.out
}

// AppendXMLIndented is AppendXML with each element on a line of its own, for people;
// a narrative stays as it is, since its white space is its own.
func (v *Value) AppendXMLIndented(dst []byte) []byte {
	dst = append(dst, `<?xml version="1.0" encoding="UTF-8"?>`...)
	w := xmlWriter{out: dst, indented: true}
	w.resource(v, true)
	return append(w.out, '\n')
}

type xmlWriter struct {
	out      []byte
	indented bool
	depth    int
}

func (w *xmlWriter) put(s string) { w.out = append(w.out, s...) }

// begin begins a start tag, end writes an end tag after what stands between.
func (w *xmlWriter) begin(name string) {
	w.line()
	w.put("<" + name)
	w.depth++
}

func (w *xmlWriter) end(name string) {
	w.depth--
	w.line()
	w.put("</" + name + ">")
}

func (w *xmlWriter) line() {
	if w.indented {
		w.put("\n" + strings.Repeat("  ", w.depth))
	}
}

func (w *xmlWriter) resource(v *Value, root bool) {
	name := v.Type()
	s := StructureOf(name)
	if s == nil {
		return
	}
	w.begin(name)
	if root {
		w.put(` xmlns="` + xmlNamespace + `"`)
	}
	w.put(">")
	w.members(v, s, true)
	w.end(name)
}

// members writes the elements of a type in the order of its definition.
func (w *xmlWriter) members(v *Value, s *Structure, resource bool) {
	for i := range s.Elements {
		e := &s.Elements[i]
		if isAttribute(s, e) && !resource {
			continue
		}
		if !e.Choice {
			w.element(v, e, e.Types, e.Name)
			continue
		}
		for _, t := range e.Types {
			w.element(v, e, []*Structure{t}, e.Name+strings.ToUpper(t.Name[:1])+t.Name[1:])
		}
	}
}

// element writes one member with its companion, each value of an array apart.
func (w *xmlWriter) element(v *Value, e *Element, types []*Structure, name string) {
	value, companion := v.Get(name), v.Get("_"+name)
	if value == nil && companion == nil || len(types) == 0 || types[0] == nil {
		return
	}
	t := types[0]
	n := 1
	if value.Kind() == Array || companion.Kind() == Array {
		n = max(value.Len(), companion.Len())
	}
	for i := range n {
		one, beside := value, companion
		if value.Kind() == Array {
			one = value.At(i)
		}
		if companion.Kind() == Array {
			beside = companion.At(i)
		}
		w.one(one, beside, t, name)
	}
}

func (w *xmlWriter) one(v, companion *Value, t *Structure, name string) {
	switch {
	case t.Form == PrimitiveType && t.Name == "xhtml":
		w.line()
		w.put(portable(v.Str()))
	case t.Form == PrimitiveType:
		w.primitive(v, companion, name)
	case t.Form == ResourceType:
		w.begin(name)
		w.put(">")
		w.resource(v, false)
		w.end(name)
	case v.Kind() == Object:
		w.begin(name)
		w.attributes(v, t)
		w.put(">")
		w.members(v, t, false)
		w.end(name)
	}
}

func (w *xmlWriter) primitive(v, companion *Value, name string) {
	if v.Kind() == Null && companion.Kind() != Object {
		return
	}
	w.begin(name)
	if id := companion.Get("id"); id != nil {
		w.attribute("id", id.Text())
	}
	if v.Kind() != Null {
		w.attribute("value", v.Text())
	}
	if companion.Get("extension") == nil {
		w.put("/>")
		w.depth--
		return
	}
	w.put(">")
	w.members(companion, StructureOf("Element"), false)
	w.end(name)
}

// attributes writes what XML has as attributes: ids, and the url of an
// extension.
func (w *xmlWriter) attributes(v *Value, s *Structure) {
	for i := range s.Elements {
		if e := &s.Elements[i]; isAttribute(s, e) {
			if a := v.Get(e.Name); a != nil {
				w.attribute(e.Name, a.Text())
			}
		}
	}
}

func (w *xmlWriter) attribute(name, value string) {
	w.put(" " + name + `="`)
	for _, r := range value {
		switch r {
		case '&':
			w.put("&amp;")
		case '<':
			w.put("&lt;")
		case '>':
			w.put("&gt;")
		case '"':
			w.put("&quot;")
		case '\n':
			w.put("&#10;")
		case '\r':
			w.put("&#13;")
		case '\t':
			w.put("&#9;")
		default:
			if r < 0x20 || r == 0xFFFE || r == 0xFFFF { // XML has no way to write these
				r = '\uFFFD'
			}
			w.out = append(w.out, string(r)...)
		}
	}
	w.put(`"`)
}

// portable makes a narrative stand in XML: its namespace is named, and the
// entities that only HTML knows are written as characters.
func portable(div string) string {
	if rest, ok := strings.CutPrefix(div, "<div"); ok && !strings.Contains(div[:strings.IndexByte(div, '>')+1], "xmlns") {
		div = `<div xmlns="` + xhtmlNamespace + `"` + rest
	}
	return htmlEntity.ReplaceAllStringFunc(div, func(e string) string {
		switch e {
		case "&amp;", "&lt;", "&gt;", "&quot;", "&apos;":
			return e
		}
		return html.UnescapeString(e)
	})
}

var htmlEntity = regexp.MustCompile(`&[A-Za-z][A-Za-z0-9]*;`)

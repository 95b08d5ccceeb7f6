package fhir

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"concord/fault"
)

// MaxXML is the most bytes that ParseXML reads.
const MaxXML = 64 << 20

const (
	xmlNamespace   = "http://hl7.org/fhir"
	xhtmlNamespace = "http://www.w3.org/1999/xhtml"
	xsiNamespace   = "http://www.w3.org/2001/XMLSchema-instance"
)

// ParseXML reads one resource in the XML format into the same Value as its JSON
// form would give (https://hl7.org/fhir/R4/xml.html): arrays by cardinality,
// numbers and booleans by type and as they were written, ids and extensions of
// primitives as "_" companions, narratives as text.
//
// The table of elements drives it, so an element that R4 does not have is
// refused; what is missing or has an odd value is left to package validate.
// Document types and entities are refused.
//
// Errors are Invalid: xml.syntax, xml.utf8, xml.size, xml.depth, xml.dtd,
// xml.resource, xml.element, xml.attribute, xml.text, xml.repeated, xml.value;
// At holds the path of the element.
func ParseXML(b []byte) (*Value, error) {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	if len(b) > MaxXML {
		return nil, fault.New(fault.Invalid, "xml.size", "the document is too large")
	}
	if !utf8.Valid(b) {
		return nil, fault.New(fault.Invalid, "xml.utf8", "the text is not valid UTF-8")
	}
	x := xmlReader{src: b, d: xml.NewDecoder(bytes.NewReader(b))}
	tok, err := x.next()
	if err != nil {
		return nil, err
	}
	start, ok := tok.(xml.StartElement)
	if !ok {
		return nil, x.fail("xml.resource", "the document has no root element")
	}
	v, err := x.resource(start)
	if err != nil {
		return nil, err
	}
	if tok, err = x.next(); err != nil || tok != nil {
		return nil, x.fail("xml.syntax", "text after the end of the document")
	}
	return v, nil
}

type xmlReader struct {
	src   []byte
	d     *xml.Decoder
	at    int64    // where the token at hand begins
	path  []string // names from the table only: they go into errors
	depth int      // of the Value, in arrays and objects
}

func (x *xmlReader) fail(code, text string) error {
	return fault.New(fault.Invalid, code, "%s", text).In(strings.Join(x.path, "."))
}

// next returns the next start or end of an element, nil at the end of the
// document. White space, comments and processing instructions mean nothing in
// FHIR; other text does not belong between elements.
func (x *xmlReader) next() (xml.Token, error) {
	for {
		x.at = x.d.InputOffset()
		tok, err := x.d.Token()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			line, column := x.d.InputPos()
			return nil, x.fail("xml.syntax", fmt.Sprintf("this is not well-formed XML in UTF-8, at line %d, column %d", line, column))
		}
		switch tok := tok.(type) {
		case xml.StartElement, xml.EndElement:
			return tok, nil
		case xml.Directive:
			return nil, x.fail("xml.dtd", "document types are not accepted")
		case xml.CharData:
			if len(bytes.TrimSpace(tok)) > 0 {
				return nil, x.fail("xml.text", "text stands outside an attribute")
			}
		}
	}
}

func (x *xmlReader) enter(name string, levels int) error {
	x.path = append(x.path, name)
	if x.depth += levels; x.depth > MaxDepth {
		return x.fail("xml.depth", "the document nests too deeply")
	}
	return nil
}

func (x *xmlReader) leave(levels int) {
	x.path = x.path[:len(x.path)-1]
	x.depth -= levels
}

// resource reads the resource whose start tag is given.
func (x *xmlReader) resource(start xml.StartElement) (*Value, error) {
	s := StructureOf(start.Name.Local)
	if start.Name.Space != xmlNamespace || s == nil || R4().Number(s.Name) == 0 {
		return nil, x.fail("xml.resource", "a resource of FHIR R4 in the namespace "+xmlNamespace+" is expected")
	}
	if err := x.enter(s.Name, 1); err != nil {
		return nil, err
	}
	defer x.leave(1)
	if a, err := x.attributes(start); err != nil {
		return nil, err
	} else if a.hasID || a.hasURL || a.hasValue {
		return nil, x.fail("xml.attribute", "an attribute that a resource does not have")
	}
	fields, err := x.children(s)
	if err != nil {
		return nil, err
	}
	return objectOf([]Member{{"resourceType", stringValue(s.Name)}}, fields), nil
}

// inner reads the one resource inside "contained" or "resource".
func (x *xmlReader) inner(outer xml.StartElement) (*Value, error) {
	a, err := x.attributes(outer)
	if err != nil {
		return nil, err
	}
	if a.hasID || a.hasURL || a.hasValue {
		return nil, x.fail("xml.attribute", "an attribute that this element does not have")
	}
	tok, err := x.next()
	if err != nil {
		return nil, err
	}
	start, ok := tok.(xml.StartElement)
	if !ok {
		return nil, x.fail("xml.resource", "a resource is expected here")
	}
	v, err := x.resource(start)
	if err != nil {
		return nil, err
	}
	tok, err = x.next()
	if err != nil {
		return nil, err
	}
	if _, ok := tok.(xml.EndElement); !ok {
		return nil, x.fail("xml.resource", "only one resource may stand here")
	}
	return v, nil
}

// xmlAttributes are those that FHIR gives a meaning.
type xmlAttributes struct {
	id, url, value          string
	hasID, hasURL, hasValue bool
}

func (x *xmlReader) attributes(start xml.StartElement) (xmlAttributes, error) {
	var a xmlAttributes
	for i, attr := range start.Attr {
		for _, other := range start.Attr[:i] {
			if other.Name == attr.Name {
				return a, x.fail("xml.attribute", "an attribute stands twice")
			}
		}
		switch {
		case attr.Name.Space == "xmlns" || attr.Name.Local == "xmlns" || attr.Name.Space == xsiNamespace:
		case attr.Name.Space != "":
			return a, x.fail("xml.attribute", "an attribute of a foreign namespace")
		case attr.Name.Local == "id":
			a.id, a.hasID = attr.Value, true
		case attr.Name.Local == "url":
			a.url, a.hasURL = attr.Value, true
		case attr.Name.Local == "value":
			a.value, a.hasValue = attr.Value, true
		default:
			return a, x.fail("xml.attribute", "an attribute that FHIR does not have")
		}
	}
	return a, nil
}

// members are the id and the url of a complex element.
func (a xmlAttributes) members() []Member {
	var out []Member
	if a.hasID {
		out = append(out, Member{"id", stringValue(a.id)})
	}
	if a.hasURL {
		out = append(out, Member{"url", stringValue(a.url)})
	}
	return out
}

func stringValue(s string) Value { return scalar(String, quote(s)) }

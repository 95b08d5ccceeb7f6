package fhir

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// narrative reads an XHTML div as text: exactly as it stands where that means
// the same on its own, else written anew without prefixes.
func (x *xmlReader) narrative(start xml.StartElement) (*Value, error) {
	from := x.at
	w := divWriter{portable: declaresXHTML(start)}
	w.start(start, x.src[from:])
	for depth := 1; depth > 0; {
		x.at = x.d.InputOffset()
		tok, err := x.d.Token()
		if err != nil {
			return nil, x.fail("xml.syntax", "this is not well-formed XML")
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth > MaxDepth {
				return nil, x.fail("xml.depth", "the document nests too deeply")
			}
			if tok.Name.Space != xhtmlNamespace {
				return nil, x.fail("xml.element", "a narrative holds XHTML only")
			}
			w.start(tok, x.src[x.at:])
		case xml.EndElement:
			depth--
			w.WriteString("</" + tok.Name.Local + ">")
		case xml.CharData:
			w.text(string(tok))
		case xml.Directive:
			return nil, x.fail("xml.dtd", "document types are not accepted")
		}
	}
	if w.portable {
		raw := string(x.src[from:x.d.InputOffset()])
		return Of(strings.ReplaceAll(raw, "\r\n", "\n")), nil
	}
	return Of(w.String()), nil
}

// declaresXHTML tells whether the div makes XHTML its default namespace.
func declaresXHTML(start xml.StartElement) bool {
	for _, a := range start.Attr {
		if a.Name.Space == "" && a.Name.Local == "xmlns" && a.Value == xhtmlNamespace {
			return true
		}
	}
	return false
}

// divWriter writes a div without prefixes and notes whether the source could
// have been taken as it stands.
type divWriter struct {
	strings.Builder
	portable bool
	begun    bool
}

func (w *divWriter) start(e xml.StartElement, source []byte) {
	end := bytes.IndexAny(source, " \t\r\n/>")
	w.portable = w.portable && bytes.IndexByte(source[:max(end, 0)], ':') < 0
	w.WriteString("<" + e.Name.Local)
	if !w.begun {
		w.begun = true
		w.WriteString(` xmlns="` + xhtmlNamespace + `"`)
	}
	for _, a := range e.Attr {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Local == "xmlns":
		case a.Name.Space == "":
			w.WriteString(" " + a.Name.Local + `="`)
			w.text(a.Value)
			w.WriteByte('"')
		case a.Name.Space == "http://www.w3.org/XML/1998/namespace":
			w.WriteString(" xml:" + a.Name.Local + `="`)
			w.text(a.Value)
			w.WriteByte('"')
		}
	}
	w.WriteByte('>')
}

func (w *divWriter) text(s string) {
	_, _ = xmlEscapes.WriteString(w, s)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

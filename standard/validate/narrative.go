package validate

import (
	"bytes"
	"html"
	"strings"
)

// narrative checks XHTML: one div in the XHTML namespace, well formed, of basic
// formatting elements and attributes only, with some content, nothing that
// could run. Many senders leave the namespace out of JSON, which harms nobody:
// that is a warning.
// (https://hl7.org/fhir/R4/narrative.html#xhtml, constraints txt-1 and txt-2)
func (c *check) narrative(s string) {
	var room [16]string
	x := xhtml{s: strings.Trim(s, " \t\r\n"), open: room[:0]}
	if !strings.HasPrefix(x.s, "<div") {
		x.fault = "a narrative is one div element"
	}
	for x.fault == "" && x.i < len(x.s) {
		switch {
		case x.i > 0 && len(x.open) == 0:
			x.fault = "a narrative is one div element"
		case x.s[x.i] == '<':
			x.markup()
		default:
			x.text()
		}
	}
	switch {
	case x.fault != "":
	case len(x.open) > 0:
		x.fault = malformed
	case !x.content:
		x.fault = "a narrative has text or an image"
	case !x.namespaced:
		c.warn(RuleNarrative, namespaceMissing)
	}
	if x.fault != "" {
		c.report(RuleNarrative, x.fault)
	}
}

const namespaceMissing = "the div names the namespace http://www.w3.org/1999/xhtml"

const malformed = "the narrative is not well-formed XML"

// maxOpen is how deeply the elements of a narrative may nest.
const maxOpen = 100

type xhtml struct {
	s          string
	i          int
	open       []string // elements not yet closed
	content    bool     // there is something to read
	namespaced bool     // the div declares XHTML
	fault      string
}

func (x *xhtml) markup() {
	rest := x.s[x.i:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		x.comment(rest[4:])
	case strings.HasPrefix(rest, "</"):
		x.endTag()
	case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
		x.fault = "a narrative has no declarations, sections or instructions"
	default:
		x.startTag()
	}
}

// comment refuses what HTML would end earlier than XML.
func (x *xhtml) comment(text string) {
	end := strings.Index(text, "--")
	if end < 0 || !strings.HasPrefix(text[end:], "-->") || text[0] == '>' || strings.HasPrefix(text, "->") {
		x.fault = malformed
		return
	}
	x.i += len("<!--") + end + len("-->")
}

func (x *xhtml) text() {
	for x.i < len(x.s) && x.s[x.i] != '<' {
		switch c := x.s[x.i]; {
		case c == '&':
			n := entity(x.s[x.i:])
			if n == 0 {
				x.fault = malformed
				return
			}
			x.content = true
			x.i += n
			continue
		case c < ' ' && !isSpace(c):
			x.fault = malformed
			return
		case !isSpace(c):
			x.content = true
		}
		x.i++
	}
}

// entity is the length of the character reference that s begins with, or 0.
// Only the names of XML count: a fragment has no document type that could
// declare those of HTML.
func entity(s string) int {
	end := strings.IndexByte(s[:min(len(s), 16)], ';')
	if end < 2 {
		return 0
	}
	name := s[1:end]
	switch name {
	case "amp", "lt", "gt", "quot", "apos":
		return end + 1
	}
	number, ok := strings.CutPrefix(name, "#")
	digits := "0123456789"
	if strings.HasPrefix(number, "x") {
		number, digits = number[1:], "0123456789abcdefABCDEF"
	}
	if !ok || number == "" || strings.Trim(number, digits) != "" {
		return 0
	}
	return end + 1
}

// name reads a name as far as it goes.
func (x *xhtml) name() string {
	from := x.i
	for x.i < len(x.s) && (isLetter(x.s[x.i]) || isDigit(x.s[x.i]) || strings.IndexByte(":-_.", x.s[x.i]) >= 0) {
		x.i++
	}
	return x.s[from:x.i]
}

func (x *xhtml) space() bool {
	from := x.i
	for x.i < len(x.s) && isSpace(x.s[x.i]) {
		x.i++
	}
	return x.i > from
}

func (x *xhtml) take(token string) bool {
	if !strings.HasPrefix(x.s[x.i:], token) {
		return false
	}
	x.i += len(token)
	return true
}

func (x *xhtml) endTag() {
	x.i += len("</")
	name := x.name()
	x.space()
	n := len(x.open) - 1
	if !x.take(">") || n < 0 || x.open[n] != name {
		x.fault = malformed
		return
	}
	x.open = x.open[:n]
}

func (x *xhtml) startTag() {
	x.i++
	name := x.name()
	if !narrativeElements[name] {
		x.fault = "an element that a narrative may not hold"
		return
	}
	if name == "img" {
		x.content = true
	}
	for {
		spaced := x.space()
		if x.take("/>") {
			break
		}
		if x.take(">") {
			if x.open = append(x.open, name); len(x.open) > maxOpen {
				x.fault = "the narrative nests too deeply"
			}
			break
		}
		attr := x.name()
		if !spaced || attr == "" {
			x.fault = malformed
			return
		}
		if x.attribute(attr); x.fault != "" {
			return
		}
	}
}

func (x *xhtml) attribute(name string) {
	x.space()
	if !x.take("=") {
		x.fault = malformed
		return
	}
	x.space()
	if x.i >= len(x.s) || x.s[x.i] != '"' && x.s[x.i] != '\'' {
		x.fault = malformed
		return
	}
	quote := x.s[x.i]
	x.i++
	end := strings.IndexByte(x.s[x.i:], quote)
	if end < 0 {
		x.fault = malformed
		return
	}
	value := x.s[x.i : x.i+end]
	x.i += end + 1
	switch {
	case !wellFormedValue(value):
		x.fault = malformed
	case name == "xmlns":
		x.namespaced = true
		if value != "http://www.w3.org/1999/xhtml" {
			x.fault = namespaceMissing
		}
	case !narrativeAttributes[name]:
		x.fault = "an attribute that a narrative may not hold"
	case (name == "href" || name == "src") && runs(value):
		x.fault = "a link that could run a script"
	}
}

func wellFormedValue(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<', c < ' ' && !isSpace(c):
			return false
		case c == '&' && entity(s[i:]) == 0:
			return false
		}
	}
	return true
}

// runs tells whether following a link could run a script. Browsers skip white
// space and controls in the scheme, and decode references before they look.
func runs(link string) bool {
	if strings.IndexByte(link, '&') >= 0 {
		link = html.UnescapeString(link)
	}
	var room [16]byte
	head := room[:0]
	for i := 0; i < len(link) && len(head) < cap(head); i++ {
		if c := link[i]; c > ' ' {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			head = append(head, c)
		}
	}
	for _, scheme := range [...]string{"javascript:", "vbscript:", "data:image/svg"} {
		if bytes.HasPrefix(head, []byte(scheme)) {
			return true
		}
	}
	return bytes.HasPrefix(head, []byte("data:")) && !bytes.HasPrefix(head, []byte("data:image/"))
}

var narrativeElements = words(`p br div h1 h2 h3 h4 h5 h6 a span b em i strong
	small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd sub
	sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th
	td code samp img map area ins del`)

var narrativeAttributes = words(`abbr accesskey align alt axis bgcolor border
	cellhalign cellpadding cellspacing cellvalign char charoff charset cite class
	clear color colspan compact coords datetime dir face frame headers height href
	hreflang hspace id lang longdesc name nohref noshade nowrap rel rev rowspan rules
	scope shape size span src start style summary tabindex target title type
	usemap valign value vspace width xml:lang xml:space`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

package validate_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/validate"
)

func narrative(div string) *fhir.Value {
	return fhir.Obj("resourceType", "Basic", "code", fhir.Obj("text", "x"),
		"text", fhir.Obj("status", "generated", "div", div))
}

const div = `<div xmlns="http://www.w3.org/1999/xhtml">`

func TestNarrative(t *testing.T) {
	for _, good := range []string{
		div + "x</div>",
		"\n" + div + `<p class="a">1 &lt; 2 &#160; &#xA0;<br/></p><img src="#a"/></div>` + "\n",
		div + `<img src="data:image/png;base64,AA=="/></div>`,
		div + `<!-- note --><a href="https://x.example/?a=1&amp;b=2">x</a></div >`,
		`<div lang='cy' xmlns='http://www.w3.org/1999/xhtml' title="a > b">x</div>`,
	} {
		if got := found(narrative(good)); got != "" {
			t.Errorf("%s: %s", good, got)
		}
	}
	for _, bad := range []string{
		"x", "<p>x</p>", "<div>x</div>", div, div + "</div>", div + " \n</div>", div + "x</div><p/>",
		div + "x</p></div>", div + "<p>x</div></p>", div + "x</div", "<div", "<div ", div + "x</DIV>",
		div + "<script>x</script></div>", div + "<iframe/>x</div>", div + "<x:p>x</x:p></div>", div + "<form>x</form></div>",
		div + `<p onclick="x()">x</p></div>`, div + `<p a>x</p></div>`, div + `<p id=a>x</p></div>`, div + `<p id="a"class="b">x</p></div>`,
		div + `<p id="<">x</p></div>`, div + `<p id="a>x</p></div>`, div + `<p id="&x">x</p></div>`,
		div + `<a href="javascript:x()">x</a></div>`, div + `<a href=" Java&#x09;Script&#58;x()">x</a></div>`,
		div + `<img src="data:text/html,x"/></div>`, div + `<img src="data:image/svg+xml,x"/></div>`, div + `<a href="vbscript:x">x</a></div>`,
		div + "&nbsp;</div>", div + "&</div>", div + "&#;</div>", div + "&#x;x</div>", div + "&#12a;</div>", div + "\x01x</div>",
		div + "<![CDATA[x]]></div>", div + "<?php x?></div>", div + "<!DOCTYPE x>x</div>",
		div + "x<!--> <b>--></div>", div + "x<!-- a -- b --></div>", div + "x<!-- a</div>",
		`<div xmlns="http://www.w3.org/1999/html">x</div>`,
		div + strings.Repeat("<b>", 200) + "x" + strings.Repeat("</b>", 200) + "</div>",
	} {
		if got := found(narrative(bad)); got != "narrative Basic.text.div" {
			t.Errorf("%s: found %q", bad, got)
		}
	}
}

func TestNarrativeWithoutNamespace(t *testing.T) {
	issues := validate.Base().Check(narrative("<div>x</div>"))
	if len(issues) != 1 || issues[0].Severity != "warning" {
		t.Errorf("not a warning: %v", issues)
	}
	issues = validate.Base().Check(narrative("<div>x"))
	if len(issues) != 1 || issues[0].Severity != "error" {
		t.Errorf("not an error: %v", issues)
	}
}

// FuzzNarrative: what is accepted is well-formed XML, and neither a script nor
// a handler.
func FuzzNarrative(f *testing.F) {
	f.Add(div + `<p class="a">1 &lt; 2<br/></p><a href="x">y</a></div>`)
	f.Add(div + `<!-- - --><img src='data: image/png,'/></div>`)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := fhir.ParseObject(narrative(s).JSON())
		if err != nil {
			t.Fatal(err)
		}
		if found(v) != "" {
			return
		}
		d := xml.NewDecoder(strings.NewReader(v.StrAt("text.div")))
		for {
			tok, err := d.Token()
			if tok == nil {
				if err.Error() != "EOF" {
					t.Errorf("%q is accepted: %v", s, err)
				}
				return
			}
			if e, ok := tok.(xml.StartElement); ok {
				if strings.EqualFold(e.Name.Local, "script") {
					t.Errorf("%q is accepted", s)
				}
				for _, a := range e.Attr {
					if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") {
						t.Errorf("%q is accepted", s)
					}
				}
			}
		}
	})
}

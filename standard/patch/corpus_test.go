package patch_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/patch"
)

func corpus(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	b, err := os.ReadFile(filepath.Join(root, "corpora/fhir/patch", name))
	if err != nil {
		t.Skipf("NOT TESTED: the corpora are missing: %v (set CONCORD_SHARED)", err)
	}
	return b
}

func parse(t testing.TB, text string) *fhir.Value {
	t.Helper()
	v, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// TestJSONSuite holds JSON Patch against the cases of FHIR's test suite. (Its
// third file is XML Patch, which is not served.)
func TestJSONSuite(t *testing.T) {
	cases := parse(t, string(corpus(t, "json-patch-tests.json")))
	passed := 0
	for c := range cases.Each() {
		got, err := patch.JSON(c.Get("doc"), c.Get("patch"))
		switch want := c.Get("expected"); {
		case want == nil && err == nil:
			t.Errorf("%s: no error, but %s", c.StrAt("comment"), got.JSON())
		case want != nil && err != nil:
			t.Errorf("%s: %v", c.StrAt("comment"), err)
		case want != nil && !fhir.Equal(got, want):
			t.Errorf("%s: gives %s, not %s", c.StrAt("comment"), got.JSON(), want.JSON())
		default:
			passed++
		}
	}
	t.Logf("JSON Patch: %d of %d pass", passed, cases.Len())
}

func TestFHIRPathSuite(t *testing.T) {
	var suite struct {
		Cases []struct {
			Name   string   `xml:"name,attr"`
			Input  resource `xml:"input"`
			Diff   resource `xml:"diff"`
			Output resource `xml:"output"`
			Error  *struct {
				Text string `xml:"msg,attr"`
			} `xml:"error"`
		} `xml:"case"`
	}
	if err := xml.Unmarshal(corpus(t, "fhir-patch-tests.xml"), &suite); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, c := range suite.Cases {
		got, err := patch.FHIRPath(c.Input.parse(t), c.Diff.parse(t))
		switch {
		case c.Error != nil && err == nil:
			t.Errorf("%s: no error, but %s", c.Name, got.JSON())
		case c.Error == nil && err != nil:
			t.Errorf("%s: %v", c.Name, err)
		case c.Error == nil && !fhir.Equal(sameMarkup(t, got), sameMarkup(t, c.Output.parse(t))):
			t.Errorf("%s: gives\n%s\nnot\n%s", c.Name, got.JSON(), c.Output.parse(t).JSON())
		default:
			passed++
		}
	}
	t.Logf("FHIRPath Patch: %d of %d pass", passed, len(suite.Cases))
}

type resource struct {
	XML string `xml:",innerxml"`
}

func (r resource) parse(t *testing.T) *fhir.Value {
	t.Helper()
	v, err := fhir.ParseXML([]byte(strings.TrimSpace(r.XML)))
	if err != nil {
		t.Fatalf("%s: %v", r.XML, err)
	}
	return v
}

// sameMarkup writes quotation marks in narratives in one way: in XHTML &quot;
// and " are the same text.
func sameMarkup(t *testing.T, v *fhir.Value) *fhir.Value {
	t.Helper()
	return parse(t, strings.ReplaceAll(string(v.JSON()), "&quot;", `\"`))
}

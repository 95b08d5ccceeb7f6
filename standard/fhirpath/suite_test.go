package fhirpath_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

// suiteBar is how many cases of the official R4 suite pass; it only rises.
const suiteBar = 935

type suite struct {
	Groups []struct {
		Name  string      `xml:"name,attr"`
		Tests []suiteCase `xml:"test"`
	} `xml:"group"`
}

type suiteCase struct {
	Name       string `xml:"name,attr"`
	Input      string `xml:"inputfile,attr"`
	Mode       string `xml:"mode,attr"`
	Predicate  bool   `xml:"predicate,attr"`
	Expression struct {
		Invalid string `xml:"invalid,attr"`
		Mode    string `xml:"mode,attr"`
		Text    string `xml:",chardata"`
	} `xml:"expression"`
	Outputs []struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	} `xml:"output"`
}

func TestSuite(t *testing.T) {
	dir := corpus(t, "fhir/fhirpath")
	var s suite
	if err := xml.Unmarshal(read(t, filepath.Join(dir, "fhirpath/tests-fhir-r4.xml")), &s); err != nil {
		t.Fatal(err)
	}
	inputs := map[string]*fhir.Value{}
	passed, total := 0, 0
	for _, g := range s.Groups {
		for _, c := range g.Tests {
			total++
			why := c.run(t, dir, inputs)
			if why == "" {
				passed++
				continue
			}
			t.Logf("%s/%s: %s: %s", g.Name, c.Name, strings.TrimSpace(c.Expression.Text), why)
		}
	}
	t.Logf("official R4 suite: %d of %d pass, %d fail", passed, total, total-passed)
	if passed < suiteBar {
		t.Errorf("%d cases pass, fewer than %d", passed, suiteBar)
	}
}

func corpus(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	dir := filepath.Join(root, "corpora", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NOT TESTED: the corpora are missing: %s (set CONCORD_SHARED)", dir)
	}
	return dir
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(t testing.TB, file string) *fhir.Value {
	t.Helper()
	parse := fhir.ParseObject
	if strings.HasSuffix(file, ".xml") {
		parse = fhir.ParseXML
	}
	v, err := parse(read(t, file))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}

// run says why the case fails, or "".
func (c suiteCase) run(t *testing.T, dir string, inputs map[string]*fhir.Value) string {
	file := c.Input
	if file == "" {
		file = "patient-example.xml"
	}
	if inputs[file] == nil {
		inputs[file] = load(t, filepath.Join(dir, "inputs", file))
	}
	got, err := c.evaluate(inputs[file])
	switch {
	case c.Expression.Invalid != "" && err == nil:
		return "no error, but " + strings.Join(texts(got), ", ")
	case c.Expression.Invalid != "":
		return ""
	case err != nil:
		return err.Error()
	}
	if c.Predicate {
		// Of a predicate, only whether it gives anything is asked.
		if (len(got) > 0) != (c.Outputs[0].Text == "true") {
			return "the predicate does not hold"
		}
		return ""
	}
	return c.compare(got)
}

func (c suiteCase) evaluate(focus *fhir.Value) (fhirpath.Collection, error) {
	e, err := fhirpath.Compile(c.Expression.Text)
	if err != nil {
		return nil, err
	}
	checked := e.Check(focus.Type())
	if c.Mode == "strict" || c.Expression.Mode == "strict" || c.Expression.Invalid == "semantic" {
		if checked != nil {
			return nil, checked
		}
	} else if c.Expression.Invalid == "" && checked != nil {
		return nil, checked
	}
	return e.Eval(&fhirpath.Env{Now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, fhirpath.Resource(focus))
}

func (c suiteCase) compare(got fhirpath.Collection) string {
	if len(got) != len(c.Outputs) {
		return "gives " + strings.Join(texts(got), ", ")
	}
	for i, want := range c.Outputs {
		_, typ, _ := strings.Cut(got[i].Type(), ".")
		if want.Type != "" && !strings.EqualFold(typ, want.Type) {
			return "gives a " + got[i].Type() + ", not a " + want.Type
		}
		if text := strings.TrimPrefix(strings.TrimPrefix(want.Text, "@"), "T"); got[i].Text() != text {
			return "gives " + got[i].Text() + ", not " + text
		}
	}
	return ""
}

func texts(c fhirpath.Collection) []string {
	out := []string{}
	for _, it := range c {
		out = append(out, it.Type()+" "+it.Text())
	}
	return out
}

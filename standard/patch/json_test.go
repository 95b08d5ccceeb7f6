package patch_test

import (
	"fmt"
	"strings"
	"testing"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/patch"
)

func TestJSON(t *testing.T) {
	for _, c := range []struct{ doc, patch, want string }{
		// What is not touched keeps its text.
		{`{"a":100.10,"b":1e2,"c":"\u00e9","d":[ ]}`, `[{"op":"add","path":"/e","value":1.50}]`, `{"a":100.10,"b":1e2,"c":"\u00e9","d":[],"e":1.50}`},
		{`{"a":1,"b":2,"c":3}`, `[{"op":"replace","path":"/b","value":null}]`, `{"a":1,"b":null,"c":3}`},
		{`{"a":1,"b":2}`, `[{"op":"add","path":"/a","value":{}}]`, `{"a":{},"b":2}`},
		{`{"a":1}`, `[{"op":"add","path":"","value":[1]}]`, `[1]`},
		{`{"a":1}`, `[{"op":"replace","path":"","value":{"b":2}}]`, `{"b":2}`},
		{`{"a":1}`, `[{"op":"remove","path":"/a"}]`, `{}`},
		{`{"a":[1,2,3]}`, `[{"op":"remove","path":"/a/1"},{"op":"add","path":"/a/-","value":4},{"op":"add","path":"/a/0","value":0}]`, `{"a":[0,1,3,4]}`},
		{`{"a":[1,2]}`, `[{"op":"add","path":"/a/2","value":3}]`, `{"a":[1,2,3]}`},
		{`{"":1,"~":2,"/":3,"~1":4}`, `[{"op":"remove","path":"/"},{"op":"replace","path":"/~0","value":5},{"op":"remove","path":"/~1"},{"op":"remove","path":"/~01"}]`, `{"~":5}`},
		{`{"a":{"b":1},"c":[]}`, `[{"op":"copy","from":"/a","path":"/c/0"},{"op":"replace","path":"/c/0/b","value":2}]`, `{"a":{"b":1},"c":[{"b":2}]}`},
		{`{"a":{"b":1}}`, `[{"op":"copy","from":"","path":"/c"}]`, `{"a":{"b":1},"c":{"a":{"b":1}}}`},
		{`{"a":{"b":1}}`, `[{"op":"move","from":"/a/b","path":"/a"}]`, `{"a":1}`},
		{`{"a":1}`, `[{"op":"move","from":"/a","path":"/a"}]`, `{"a":1}`},
		{`{"a":1}`, `[{"op":"move","from":"","path":""}]`, `{"a":1}`},
		{`{"a":{"x":1.0,"y":[true,null,"\u0041"]}}`, `[{"op":"test","path":"/a","value":{"y":[true,null,"A"],"x":10e-1}}]`, `{"a":{"x":1.0,"y":[true,null,"A"]}}`},
		{`{"a":0.0}`, `[{"op":"test","path":"/a","value":-0}]`, `{"a":0.0}`},
		{`{"a":[1200,0.012]}`, `[{"op":"test","path":"/a","value":[1.2E+3,12e-3]}]`, `{"a":[1200,0.012]}`},
		{`[1]`, `[]`, `[1]`},
	} {
		doc := parse(t, c.doc)
		before := string(doc.JSON())
		got, err := patch.JSON(doc, parse(t, c.patch))
		if err != nil {
			t.Errorf("%s %s: %v", c.doc, c.patch, err)
			continue
		}
		if want := string(parse(t, c.want).JSON()); string(got.JSON()) != want && !fhir.Equal(got, parse(t, c.want)) {
			t.Errorf("%s %s: gives %s, not %s", c.doc, c.patch, got.JSON(), want)
		}
		if string(doc.JSON()) != before {
			t.Errorf("%s: the document that was given has changed", c.doc)
		}
	}
}

// TestJSONKeepsOrder: the place of members and the text of numbers.
func TestJSONKeepsOrder(t *testing.T) {
	got, err := patch.JSON(parse(t, `{"z":1.0,"a":{"y":2.50,"x":3},"b":1E5}`), parse(t, `[{"op":"replace","path":"/a/y","value":4.00}]`))
	if want := `{"z":1.0,"a":{"y":4.00,"x":3},"b":1E5}`; err != nil || string(got.JSON()) != want {
		t.Errorf("%s, not %s (%v)", got.JSON(), want, err)
	}
}

func TestJSONRefuses(t *testing.T) {
	const doc = `{"a":{"b":[1,2]},"s":"x","n":1}`
	for _, c := range []struct{ patch, code, at string }{
		{`{}`, "patch.syntax", ""},
		{`[1]`, "patch.syntax", "[0]"},
		{`[{"path":"/a"}]`, "patch.syntax", "[0].op"},
		{`[{"op":"merge","path":"/a"}]`, "patch.syntax", "[0].op"},
		{`[{"op":"remove"}]`, "patch.syntax", "[0].path"},
		{`[{"op":"remove","path":1}]`, "patch.syntax", "[0].path"},
		{`[{"op":"add","path":"/x"}]`, "patch.syntax", "[0].value"},
		{`[{"op":"replace","path":"/n"}]`, "patch.syntax", "[0].value"},
		{`[{"op":"test","path":"/n"}]`, "patch.syntax", "[0].value"},
		{`[{"op":"move","path":"/x"}]`, "patch.syntax", "[0].from"},
		{`[{"op":"copy","path":"/x"}]`, "patch.syntax", "[0].from"},
		{`[{"op":"remove","path":"a"}]`, "patch.pointer", "[0].path"},
		{`[{"op":"remove","path":"/~2"}]`, "patch.pointer", "[0].path"},
		{`[{"op":"remove","path":"/a~"}]`, "patch.pointer", "[0].path"},
		{`[{"op":"copy","from":"a","path":"/x"}]`, "patch.pointer", "[0].from"},
		{`[{"op":"test","path":"/n","value":1},{"op":"remove","path":"/x"}]`, "patch.path", "[1].path"},
		{`[{"op":"remove","path":""}]`, "patch.path", "[0].path"},
		{`[{"op":"remove","path":"/a/b/2"}]`, "patch.path", "[0].path"},
		{`[{"op":"remove","path":"/a/b/-"}]`, "patch.path", "[0].path"},
		{`[{"op":"remove","path":"/a/b/01"}]`, "patch.path", "[0].path"},
		{`[{"op":"remove","path":"/a/b/-1"}]`, "patch.path", "[0].path"},
		{`[{"op":"remove","path":"/a/b/99999999999999999999"}]`, "patch.path", "[0].path"},
		{`[{"op":"replace","path":"/x","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"replace","path":"/x/y","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"add","path":"/x/y","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"add","path":"/s/y","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"add","path":"/a/b/3","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"add","path":"/a/b/x","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"add","path":"/a/b/","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"move","from":"/x","path":"/y"}]`, "patch.path", "[0].from"},
		{`[{"op":"copy","from":"/x","path":"/y"}]`, "patch.path", "[0].from"},
		{`[{"op":"move","from":"/a","path":"/a/c"}]`, "patch.path", "[0].path"},
		{`[{"op":"move","from":"","path":"/a"}]`, "patch.path", "[0].path"},
		{`[{"op":"test","path":"/x","value":1}]`, "patch.path", "[0].path"},
		{`[{"op":"test","path":"/n","value":2}]`, "patch.test", "[0].path"},
		{`[{"op":"test","path":"/n","value":"1"}]`, "patch.test", "[0].path"},
		{`[{"op":"test","path":"/a","value":{"b":[2,1]}}]`, "patch.test", "[0].path"},
		{`[{"op":"test","path":"/a","value":{"b":[1,2],"c":1}}]`, "patch.test", "[0].path"},
		{`[{"op":"test","path":"/a/b/0","value":1e99999999999999999999}]`, "patch.test", "[0].path"},
	} {
		_, err := patch.JSON(parse(t, doc), parse(t, c.patch))
		if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || f.Code != c.code || f.At != c.at {
			t.Errorf("%s: %v, not %s at %s", c.patch, err, c.code, c.at)
		}
	}
}

// TestJSONBounds: patches that would grow without end are refused early.
func TestJSONBounds(t *testing.T) {
	doubling := "[" + strings.Repeat(`{"op":"copy","from":"","path":"/a"},`, 120) + `{"op":"add","path":"/b","value":1}]`
	_, err := patch.JSON(parse(t, `{"a":[1],"c":[1,2,3]}`), parse(t, doubling))
	if f := fault.Of(err); f == nil || f.Code != "patch.depth" {
		t.Errorf("nesting: %v", err)
	}
	doubling = "["
	for i := range 60 {
		doubling += fmt.Sprintf(`{"op":"copy","from":"/a","path":"/b/%d"},{"op":"copy","from":"/b","path":"/a/-"},`, i)
	}
	_, err = patch.JSON(parse(t, `{"a":[1],"b":[]}`), parse(t, doubling+`{"op":"add","path":"/c","value":1}]`))
	if f := fault.Of(err); f == nil || f.Kind != fault.TooCostly || f.Code != "patch.work" {
		t.Errorf("doubling: %v", err)
	}
	many := "[" + strings.Repeat(`{"op":"test","path":"/a","value":1},`, 10_000) + `{"op":"test","path":"/a","value":1}]`
	_, err = patch.JSON(parse(t, `{"a":1}`), parse(t, many))
	if f := fault.Of(err); f == nil || f.Code != "patch.work" {
		t.Errorf("many operations: %v", err)
	}
}

// FuzzJSONPatch: no panic, and what comes out is a document.
func FuzzJSONPatch(f *testing.F) {
	f.Add(`{"a":{"b":[1,2]}}`, `[{"op":"move","from":"/a/b/0","path":"/c"},{"op":"test","path":"/c","value":1.0}]`)
	f.Add(`{"a":[1]}`, `[{"op":"copy","from":"","path":"/a/-"},{"op":"remove","path":"/a/0"},{"op":"replace","path":"/a/0/a","value":null}]`)
	f.Add(`[]`, `[{"op":"add","path":"/0","value":{"~":1}},{"op":"add","path":"/0/~0~1","value":[]}]`)
	fuzz(f, fhir.Parse, patch.JSON)
}

// fuzz holds both sorts of patch to the same: the document that was given
// stays, a refusal is the sender's fault, and what comes out can be read.
func fuzz(f *testing.F, read func([]byte) (*fhir.Value, error), apply func(doc, patch *fhir.Value) (*fhir.Value, error)) {
	f.Fuzz(func(t *testing.T, doc, ops string) {
		d, err := read([]byte(doc))
		if err != nil {
			return
		}
		p, err := read([]byte(ops))
		if err != nil {
			return
		}
		before := string(d.JSON())
		got, err := apply(d, p)
		if string(d.JSON()) != before {
			t.Fatal("the document that was given has changed")
		}
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		if _, err := fhir.Parse(got.JSON()); err != nil {
			t.Fatalf("%s: %v", got.JSON(), err)
		}
	})
}

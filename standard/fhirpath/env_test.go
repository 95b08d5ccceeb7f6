package fhirpath_test

import (
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/fhirpath"
)

func run(t *testing.T, src string, env *fhirpath.Env, focus fhirpath.Node) (fhirpath.Collection, error) {
	t.Helper()
	e, err := fhirpath.Compile(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return e.Eval(env, focus)
}

func TestEnv(t *testing.T) {
	p := parse(t, patient)
	doctor := parse(t, `{"resourceType":"Practitioner","id":"9","active":true}`)
	traced := ""
	env := &fhirpath.Env{
		Resource:  p,
		Variables: map[string]fhirpath.Collection{"who": eval2(t, "name.family", p)},
		Now:       noon,
		Zone:      time.FixedZone("", 2*3600),
		Resolve: func(ref string) *fhir.Value {
			if ref == "Practitioner/9" {
				return doctor
			}
			return nil
		},
		MemberOf: func(set string, n fhirpath.Node) (bool, bool) {
			return n.Value.Str() == "female", set == "http://x.example/vs"
		},
		ConformsTo: func(profile string, n fhirpath.Node) (bool, bool) {
			return n.Type == "Patient", profile == "http://x.example/sd"
		},
		Trace: func(name string, items fhirpath.Collection) { traced = name + ":" + strings.Join(items.Strings(), ",") },
	}
	for _, c := range []struct{ src, want string }{
		{"%who", "FHIR.string Peach | FHIR.string Plum"},
		{"now()", "System.DateTime 2024-02-29T14:30:15.250+02:00"},
		{"generalPractitioner.resolve().active", "FHIR.boolean true"},
		{"('Practitioner/1' | 'Practitioner/9').resolve().id", "FHIR.id 9"},
		{"gender.memberOf('http://x.example/vs')", "System.Boolean true"},
		{"'male'.memberOf('http://x.example/vs')", "System.Boolean false"},
		{"gender.memberOf('http://x.example/other')", ""},
		{"conformsTo('http://x.example/sd')", "System.Boolean true"},
		{"name.trace('n', given).family.first()", "FHIR.string Peach"},
	} {
		got, err := run(t, c.src, env, fhirpath.Resource(p))
		if s := strings.Join(texts(got), " | "); err != nil || s != c.want {
			t.Errorf("%s: %s, not %s (%v)", c.src, s, c.want, err)
		}
	}
	if traced != "n:Ann,May" {
		t.Errorf("traced %q", traced)
	}
	if _, err := run(t, "conformsTo('http://x.example/other')", env, fhirpath.Resource(p)); !fault.Is(err, fault.Unsupported) {
		t.Errorf("an unknown profile: %v", err)
	}
	if got, _ := run(t, "now() | today()", nil, fhirpath.Resource(p)); got.Len() != 0 {
		t.Error("there is a time without a clock")
	}
}

func eval2(t *testing.T, src string, focus *fhir.Value) fhirpath.Collection {
	t.Helper()
	got, err := run(t, src, nil, fhirpath.Resource(focus))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestResolveInBundle: references among the entries of a Bundle.
func TestResolveInBundle(t *testing.T) {
	b := parse(t, `{"resourceType":"Bundle","entry":[
		{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Observation","subject":{"reference":"Patient/7"},"performer":[{"reference":"urn:uuid:2"}]}},
		{"fullUrl":"http://x.example/Patient/7","resource":{"resourceType":"Patient","id":"7"}},
		{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Practitioner","id":"8"}}]}`)
	got := eval2(t, "entry.resource.ofType(Observation).select(subject | performer).resolve().id", b)
	if s := strings.Join(got.Strings(), ","); s != "7,8" {
		t.Error(s)
	}
}

func TestNodes(t *testing.T) {
	p := parse(t, patient)
	name := eval2(t, "name.first()", p).Nodes()[0]
	if name.Type != "HumanName" || name.Value != p.Get("name").At(0) {
		t.Errorf("%+v is not the element itself", name)
	}
	given := eval2(t, "name.given[1]", p).Nodes()[0]
	if given.Value != nil || given.Extra.Path("extension.0.valueCode").Str() != "m" || given.Type != "string" {
		t.Errorf("%+v", given)
	}
	// %resource stays the resource when the focus is an element.
	got, err := run(t, "%resource.id | %rootResource.id | use | $this.family", &fhirpath.Env{Resource: p}, name)
	if s := strings.Join(got.Strings(), ","); err != nil || s != "p,official,Peach" {
		t.Errorf("%s, %v", s, err)
	}
	// Without a type the JSON is read as it stands.
	for src, want := range map[string]string{"value.unit": "kg", "component.value": "s,7", "effective.start": "2020-01-01"} {
		got, err := run(t, src, nil, fhirpath.Node{Value: parse(t, observation)})
		if s := strings.Join(got.Strings(), ","); err != nil || s != want {
			t.Errorf("untyped %s: %s, not %s (%v)", src, s, want, err)
		}
	}
}

func TestTests(t *testing.T) {
	o := fhirpath.Resource(parse(t, observation))
	for _, c := range []struct {
		src             string
		test, invariant bool
	}{
		{"status = 'final'", true, true},
		{"status = 'draft'", false, false},
		{"status", true, true},
		{"{}", false, true},
		{"effective.start <= effective.end", false, true},
	} {
		e := fhirpath.MustCompile(c.src)
		test, err := e.Test(nil, o)
		if err != nil || test != c.test {
			t.Errorf("%s: Test %v, %v", c.src, test, err)
		}
		invariant, err := e.TestInvariant(nil, o)
		if err != nil || invariant != c.invariant {
			t.Errorf("%s: TestInvariant %v, %v", c.src, invariant, err)
		}
	}
	many := fhirpath.MustCompile("component.value.as(string).exists()")
	if _, err := many.Test(nil, o); fault.Of(err).Code != "fhirpath.singleton" {
		t.Errorf("as() on several items: %v", err)
	}
	if ok, err := many.TestInvariant(nil, o); !ok || err != nil {
		t.Errorf("as() on several items in an invariant: %v, %v", ok, err)
	}
	if ok, err := fhirpath.MustCompile("component").TestInvariant(nil, o); ok || err == nil {
		t.Error("several items are no condition")
	}
}

// TestBudget: what would run for ever, or fill the memory, is stopped.
func TestBudget(t *testing.T) {
	p := fhirpath.Resource(parse(t, patient))
	twice := "('x')" + strings.Repeat(".select($this.combine($this))", 40)
	for _, c := range []struct{ src, code string }{
		{twice, "fhirpath.steps"},
		{"(1)" + strings.Repeat(".select($this | ($this + 1) | ($this + 2))", 30), "fhirpath.steps"},
		{"1.repeat($this + 1)", "fhirpath.steps"},
		{"descendants()" + strings.Repeat(".select(%resource.descendants())", 6), "fhirpath.steps"},
		{"'aaaaaaaa'" + strings.Repeat(".replace('a', 'aaaaaaaa')", 20), "fhirpath.size"},
		{"'aaaaaaaa'" + strings.Repeat(".replaceMatches('a', 'aaaaaaaa')", 20), "fhirpath.size"},
		{"'aaaaaaaa'" + strings.Repeat(".select($this & $this & $this & $this)", 20), "fhirpath.size"},
		{"'aaaaaaaa'" + strings.Repeat(".select($this + $this + $this + $this)", 20), "fhirpath.size"},
		{"'aaaaaaaa'" + strings.Repeat(".select(($this.combine($this)).join($this))", 20), "fhirpath.size"},
		{"'aaaaaaaa'" + strings.Repeat(".encode('hex')", 40), "fhirpath.size"},
	} {
		start := time.Now()
		_, err := run(t, c.src, nil, p)
		if f := fault.Of(err); f == nil || f.Kind != fault.TooCostly || f.Code != c.code {
			t.Errorf("%.60s…: %v, not %s", c.src, err, c.code)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%.60s…: took %v", c.src, took)
		}
	}
	if _, err := run(t, "name.given.count() = 3", &fhirpath.Env{Steps: 5}, p); fault.Of(err).Code != "fhirpath.steps" {
		t.Errorf("five steps: %v", err)
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ src, home, member string }{
		{"Patient.name.given", "Patient.name", "given"},
		{"Patient.name.where(use = 'old') . family", "Patient.name.where(use = 'old')", "family"},
		{"name", "", ""},
		{"name.first()", "", ""},
	} {
		home, member, ok := fhirpath.MustCompile(c.src).Split()
		if ok != (c.home != "") || member != c.member || ok && home.String() != c.home {
			t.Errorf("%s: %v %q %v", c.src, home, member, ok)
		}
	}
}

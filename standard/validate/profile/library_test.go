package profile

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"concord/fault"
	"concord/standard/validate/pack"
)

func library(t *testing.T, profiles map[string]string) *Library {
	t.Helper()
	files := fstest.MapFS{}
	for head, elements := range profiles {
		f := strings.Fields(head)
		files[f[0]+".json"] = &fstest.MapFile{Data: []byte(fmt.Sprintf(
			`{"resourceType":"StructureDefinition","url":"urn:%s","type":%q,"baseDefinition":%q,"derivation":"constraint","differential":{"element":[%s]}}`,
			f[0], f[2], f[1], elements))}
	}
	p, err := pack.Load(files)
	if err != nil || len(p.Problems()) > 0 {
		t.Fatal(err, p.Problems())
	}
	return NewLibrary(p)
}

// tree lists the nodes that say something: id and cardinality.
func tree(n *Node) string {
	var out []string
	var walk func(n *Node)
	walk = func(n *Node) {
		if n.Min > 0 || n.Max != Unset {
			out = append(out, fmt.Sprintf("%s %d..%d", n.ID, n.Min, n.Max))
		}
		for _, list := range [][]*Node{n.Children, n.Slices} {
			for _, c := range list {
				walk(c)
			}
		}
	}
	walk(n)
	sort.Strings(out)
	return strings.Join(out, "\n")
}

func TestTrees(t *testing.T) {
	const patient = "http://hl7.org/fhir/StructureDefinition/Patient"
	l := library(t, map[string]string{
		// Ids and paths say the same.
		"ids " + patient + " Patient":   `{"id":"Patient.identifier:a","path":"Patient.identifier","sliceName":"a","min":1},{"id":"Patient.identifier:a.period.start","path":"Patient.identifier.period.start","min":1},{"id":"Patient.identifier:b","path":"Patient.identifier","sliceName":"b","max":"2"},{"id":"Patient.identifier:b.period.start","path":"Patient.identifier.period.start","max":"0"}`,
		"paths " + patient + " Patient": `{"path":"Patient.identifier","sliceName":"a","min":1},{"path":"Patient.identifier.period.start","min":1},{"path":"Patient.identifier","sliceName":"b","max":"2"},{"id":"nonsense","path":"Patient.identifier.period.start","max":"0"}`,
		// A choice, three ways.
		"choice " + patient + " Patient": `{"path":"Patient.deceasedBoolean","min":1},{"id":"Patient.multipleBirth[x]:multipleBirthInteger","path":"Patient.multipleBirth[x]","sliceName":"multipleBirthInteger","max":"0"},{"path":"Patient.deceased[x]","max":"1"}`,
		// A derived profile narrows, and never widens.
		"derived urn:ids Patient": `{"id":"Patient.identifier:a","path":"Patient.identifier","min":0,"max":"3"},{"id":"Patient.identifier:b","path":"Patient.identifier","max":"*"},{"id":"Patient.name","path":"Patient.name","min":1}`,
		// What is said of all values of an element comes with each slice.
		"all " + patient + " Patient": `{"id":"Patient.contact.name","path":"Patient.contact.name","min":1},{"id":"Patient.contact:kin","path":"Patient.contact","sliceName":"kin"}`,
		// What does not exist is left out.
		"odd " + patient + " Patient": `{"path":"Patient.nickname","min":1},{"path":"Person.name","min":1},{"path":"","min":1},{"path":"Patient.gender","min":-1,"max":"x"}`,
		// A type's profile is opened when the differential goes on below.
		"id http://hl7.org/fhir/StructureDefinition/Identifier Identifier": `{"path":"Identifier.value","min":1},{"path":"Identifier.period.start","min":1}`,
		"open " + patient + " Patient":                                     `{"path":"Patient.identifier","type":[{"code":"Identifier","profile":["urn:id"]}]},{"path":"Patient.identifier.period.end","min":1}`,
	})
	for name, want := range map[string]string{
		"ids":     "Patient.identifier:a 1..-1\nPatient.identifier:a.period.start 1..-1\nPatient.identifier:b -1..2\nPatient.identifier:b.period.start -1..0",
		"paths":   "Patient.identifier:a 1..-1\nPatient.identifier:a.period.start 1..-1\nPatient.identifier:b -1..2\nPatient.identifier:b.period.start -1..0",
		"choice":  "Patient.deceased[x] -1..1\nPatient.deceased[x]:deceasedBoolean 1..-1\nPatient.multipleBirth[x]:multipleBirthInteger -1..0",
		"derived": "Patient.identifier:a 1..3\nPatient.identifier:a.period.start 1..-1\nPatient.identifier:b -1..2\nPatient.identifier:b.period.start -1..0\nPatient.name 1..-1",
		"all":     "Patient.contact.name 1..-1\nPatient.contact.name 1..-1",
		"odd":     "",
		"open":    "Identifier.period.end 1..-1\nIdentifier.period.start 1..-1\nIdentifier.value 1..-1",
	} {
		p, err := l.Profile("urn:" + name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := tree(p.Root); got != want {
			t.Errorf("%s:\n%s\nnot\n%s", name, got, want)
		}
	}
}

func TestProfilesOfNoUse(t *testing.T) {
	l := library(t, map[string]string{
		"circle urn:circle Patient":                 ``,
		"a urn:b Patient":                           ``,
		"b urn:a Patient":                           ``,
		"orphan urn:none Patient":                   ``,
		"logical urn:x urn:x":                       ``,
		"self " + canonicalBase + "Patient Patient": `{"path":"Patient.contained","type":[{"code":"Patient","profile":["urn:self"]}]},{"path":"Patient.contained.gender","min":1}`,
	})
	for url, code := range map[string]string{
		"urn:circle": "profile.circle", "urn:a": "profile.circle", "urn:orphan": "profile.unknown",
		"urn:logical": "profile.type", "urn:missing": "profile.unknown",
	} {
		if _, err := l.Profile(url); err == nil || fault.Of(err).Code != code {
			t.Errorf("%s: %v, not %s", url, err, code)
		}
	}
	if _, err := l.Profile("urn:self"); err != nil {
		t.Errorf("a profile that uses itself below: %v", err)
	}
}

// TestTreesAreBounded: slices of slices of copies could grow without end.
func TestTreesAreBounded(t *testing.T) {
	profiles := map[string]string{
		"p0 " + canonicalBase + "Patient Patient": `{"path":"Patient.contained","type":[{"code":"Patient"}]},{"path":"Patient.contained.gender","min":1}`,
	}
	for i := 1; i < 30; i++ {
		profiles[fmt.Sprintf("p%d "+canonicalBase+"Patient Patient", i)] = fmt.Sprintf(
			`{"path":"Patient.contained","sliceName":"a","type":[{"code":"Patient","profile":["urn:p%d"]}]},{"path":"Patient.contained.gender","min":1},
			{"path":"Patient.contained","sliceName":"b","type":[{"code":"Patient","profile":["urn:p%d"]}]},{"path":"Patient.contained.gender","min":1}`, i-1, i-1)
	}
	p, err := library(t, profiles).Profile("urn:p29")
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Root.size(); n > 3*maxNodes {
		t.Errorf("%d nodes", n)
	}
}

func TestEveryProfileOfR4(t *testing.T) {
	l, n := NewLibrary(pack.Core()), 0
	for _, url := range pack.Core().Own("StructureDefinition") {
		if _, err := l.Profile(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		n++
	}
	t.Logf("%d profiles and extensions", n)
}

package yamlset

import (
	"strings"
	"testing"
)

type ward struct {
	Code string `yaml:"code"`
	Beds int    `yaml:"beds"`
}

type hospital struct {
	Name  string `yaml:"name,omitempty"`
	Wards []ward `yaml:"wards,omitempty"`
}

// TestReading: sections that are divided among files are one, and a problem names
// the file and line where its field stands, or what it lies in.
func TestReading(t *testing.T) {
	r, whole := New("hospital"), &hospital{}
	for _, f := range [][2]string{{"a.yaml", "name: General\nwards:\n  - code: A\n    beds: 2\n"}, {"b.yaml", "# more\nwards:\n\n  - code: B\n    beds: 1\n  - code: C\n    beds: 0\n"}} {
		var part hospital
		if !r.Decode(f[0], []byte(f[1]), &part) {
			t.Fatal(r.Problems())
		}
		r.Append(whole, &part, f[0])
	}
	if len(whole.Wards) != 3 || whole.Wards[2].Code != "C" {
		t.Fatalf("%+v", whole)
	}
	r.Report(r.At("wards", 2), "beds", "hospital.beds", "a ward has beds")
	r.Report(r.At("wards", 1), "site", "hospital.site", "a ward has a site")
	r.Report(r.At("wards", 0), "code", "hospital.code", "no such ward")
	want := []string{"a.yaml:3: wards[0].code: no such ward (hospital.code)", "b.yaml:4: wards[0].site: a ward has a site (hospital.site)",
		"b.yaml:7: wards[1].beds: a ward has beds (hospital.beds)"}
	for i, p := range r.Problems() {
		if p.String() != want[i] {
			t.Errorf("%s, not %s", p, want[i])
		}
	}
}

// TestUnread: what is no plain YAML of the type is one problem with its line.
func TestUnread(t *testing.T) {
	for text, line := range map[string]int{"name: x\nbeds: 3\n": 2, "name: &a x\n": 1, "name: [\n": 1, "\nwards: 7\n": 2, "name: !!binary aa\n": 1} {
		r := New("hospital")
		if r.Decode("f.yaml", []byte(text), &hospital{}) {
			t.Errorf("%q was read", text)
			continue
		}
		if p := r.Problems(); len(p) != 1 || p[0].Line != line || p[0].Rule != "hospital.yaml" || p[0].File != "f.yaml" {
			t.Errorf("%q: %v", text, p)
		}
	}
}

// FuzzReading: whatever stands in a file, reading it ends, with a problem or a
// value that is written and read again as it is.
func FuzzReading(f *testing.F) {
	f.Add("name: x\nwards:\n  - code: A\n    beds: 2\n")
	f.Add("? - a\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, v := New("hospital"), hospital{}
		if !r.Decode("f.yaml", []byte(text), &v) {
			if len(r.Problems()) != 1 {
				t.Fatal("no problem")
			}
			return
		}
		whole := hospital{}
		r.Append(&whole, &v, "f.yaml")
		for i := range whole.Wards {
			r.Report(r.At("wards", i), "code", "x", "y")
		}
		if !strings.ContainsAny(text, "\x00\u0085\u2028\u2029") && len(r.Problems()) != len(v.Wards) {
			t.Fatal("problems are missing")
		}
	})
}

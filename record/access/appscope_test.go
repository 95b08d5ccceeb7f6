package access_test

import (
	"testing"

	"concord/fault"
	"concord/record/access"
)

func TestAppScopes(t *testing.T) {
	for text, want := range map[string]string{
		"patient/Observation.rs": "patient/Observation.rs", "user/*.read": "user/*.rs", "patient/Patient.write": "patient/Patient.cud",
		"system/*.*":                            "system/*.cruds",
		"patient/Observation.rs?category=a|b":   "patient/Observation.rs?category=a|b",
		"patient/Observation.s?category=x&_id=": "patient/Observation.s?category=x&_id=",
	} {
		if s, err := access.ParseAppScope(text); err != nil || s.String() != want {
			t.Errorf("%q: %v %v", text, s, err)
		}
	}
	for _, text := range []string{"", "launch", "openid", "patient", "patient/", "patient/Observation", "patient/Observation.", "patient/Observation.sr",
		"patient/observation.rs", "patient/*.rs?category=x", "patient/Observation.rs?", "patient/Observation.rs?%zz", "Patient/Observation.rs",
		"patient/../Observation.rs", "group/Observation.rs", "patient/Observation.rs?category=x y", "patient/Observation.read.rs"} {
		if s, err := access.ParseAppScope(text); fault.Of(err) == nil || fault.Of(err).Code != "access.scope" {
			t.Errorf("%q: %v %v", text, s, err)
		}
	}
}

func TestScopeCovers(t *testing.T) {
	for _, c := range []struct {
		has, asked string
		want       bool
	}{
		{"patient/*.cruds", "patient/Observation.rs", true},
		{"patient/*.rs", "patient/Observation.rs?category=laboratory", true},
		{"patient/Observation.rs", "patient/Observation.r", true},
		{"patient/Observation.r", "patient/Observation.rs", false},
		{"patient/Observation.rs", "user/Observation.rs", false},
		{"patient/Observation.rs", "patient/*.rs", false},
		{"patient/Observation.rs", "patient/Condition.rs", false},
		{"patient/Observation.rs?category=laboratory", "patient/Observation.rs", false},
		{"patient/Observation.rs?category=laboratory", "patient/Observation.rs?category=laboratory", true},
		{"patient/Observation.rs?category=laboratory", "patient/Observation.rs?category=vital-signs", false},
	} {
		has, err := access.ParseAppScope(c.has)
		if err != nil {
			t.Fatal(err)
		}
		asked, err := access.ParseAppScope(c.asked)
		if err != nil {
			t.Fatal(err)
		}
		if has.Covers(asked) != c.want {
			t.Errorf("%s covers %s: %v", c.has, c.asked, !c.want)
		}
	}
}

func FuzzParseAppScope(f *testing.F) {
	f.Add("patient/Observation.rs?category=laboratory")
	f.Add("user/*.read")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := access.ParseAppScope(text)
		if err != nil {
			return
		}
		again, err := access.ParseAppScope(s.String())
		if err != nil || again != s || !s.Covers(again) {
			t.Fatalf("%q reads as %q, which reads as %v: %v", text, s, again, err)
		}
	})
}

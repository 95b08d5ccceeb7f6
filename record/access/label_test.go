package access_test

import (
	"testing"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
)

func parse(t testing.TB, text string) *fhir.Value {
	t.Helper()
	v, err := fhir.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestLabelled: a sensitive code brings its label, once, and leaves every other
// resource as it is.
func TestLabelled(t *testing.T) {
	for code, want := range map[string]string{"B24": "HIV", "b20.1": "HIV", "A54.9": "STD", "Z31.2": "SEX", "F64.0": "GDIS", "A49": "", "I21": "", "": ""} {
		text := `{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"` + code + `"}]}}`
		v := parse(t, text)
		got := access.StandardSensitive().Labelled(v)
		if want == "" {
			if got != v {
				t.Errorf("%q: %s", code, got.JSON())
			}
			continue
		}
		if s := string(got.Path("meta.security").JSON()); s != `[{"system":"`+access.ActCode+`","code":"`+want+`"}]` {
			t.Errorf("%q: %s", code, s)
		}
		if again := access.StandardSensitive().Labelled(got); again != got {
			t.Errorf("%q is labelled twice: %s", code, again.JSON())
		}
	}
	other := parse(t, `{"resourceType":"Condition","code":{"coding":[{"system":"http://example.org","code":"B24"}]}}`)
	if access.StandardSensitive().Labelled(other) != other {
		t.Error("a code of another system is taken for ICD-10")
	}
}

// TestMarks: what meta.security says, by type; the stricter of two versions.
func TestMarks(t *testing.T) {
	marks := func(typ, codes string) access.Marks {
		return access.MarksOf(typ, parse(t, `{"s":[`+codes+`]}`).Get("s"))
	}
	coding := func(system, code string) string { return `{"system":"` + system + `","code":"` + code + `"}` }
	r, v, team := coding(access.Confidentiality, "R"), coding(access.Confidentiality, "V"), coding(access.TeamSystem, "RQM/CARDIO")
	if m := marks("Observation", r+","+team); m.Label != access.Sealed || m.Restricted || len(m.Teams) != 1 {
		t.Errorf("%+v", m)
	}
	if m := marks("Patient", r+","+coding(access.ActCode, "VIP")); m.Label != access.Normal || !m.Restricted || !m.Watched {
		t.Errorf("%+v", m)
	}
	if m := marks("Observation", coding("http://example.org", "V")); m.Label != access.Normal {
		t.Errorf("a code of another system: %+v", m)
	}
	if m := marks("Observation", r).And(marks("Observation", v)); m.Label != access.Locked {
		t.Errorf("an earlier version's label is forgotten: %+v", m)
	}
	m := marks("Observation", v+","+team)
	for _, c := range []struct {
		who  access.Requester
		want bool
	}{
		{access.Requester{Role: access.Clinician, Org: "RQM", Workgroups: []string{"CARDIO"}}, true},
		{access.Requester{Role: access.Clinician, Org: "RQM", Workgroups: []string{"AMU"}}, false},
		{access.Requester{Role: access.Clinician, Org: "R1K", Workgroups: []string{"CARDIO"}}, false},
		{access.Requester{Role: access.System, Org: "RQM"}, true},
		{access.Requester{Role: access.System, Org: "R1K"}, false},
	} {
		if got := m.TeamOf(c.who, "RQM"); got != c.want {
			t.Errorf("%+v: %v", c.who, got)
		}
	}
}

// TestRelationHolds: by organisation or by workgroup, to the moment.
func TestRelationHolds(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	ada := access.Requester{ID: "ada", Role: access.Clinician, Org: "RQM", Workgroups: []string{"CARDIO"}}
	for _, c := range []struct {
		r    access.Relation
		want bool
	}{
		{access.Relation{Org: "RQM"}, true}, {access.Relation{Org: "R1K"}, false}, {access.Relation{}, false},
		{access.Relation{Org: "RQM", Workgroup: "CARDIO"}, true}, {access.Relation{Org: "RQM", Workgroup: "AMU"}, false},
		{access.Relation{Org: "RQM", Until: now}, false}, {access.Relation{Org: "RQM", Until: now.Add(1)}, true},
	} {
		if got := c.r.Holds(ada, now); got != c.want {
			t.Errorf("%+v: %v", c.r, got)
		}
	}
	glass, err := access.Take(ada, "law", "ordered by the coroner", true, now)
	if err != nil || !glass.Holds(ada, now) || glass.Holds(ada, now.Add(access.GlassLife)) {
		t.Errorf("%+v %v", glass, err)
	}
	elsewhere := ada
	elsewhere.Org = "R1K"
	if glass.Holds(elsewhere, now) || glass.Holds(access.Requester{ID: "bob", Role: access.Clinician, Org: "RQM"}, now) {
		t.Error("a broken glass serves another role or person")
	}
}

package demo

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestPathwayErrorsNameFileStepAndField(t *testing.T) {
	head := "pathway: x\nshare: 1\nsteps:\n  - {at: d0 09:00, send: ADT^A01, ward: medical}\n"
	for _, c := range []struct{ name, text, want string }{
		{"unknown field", head + "  - {at: d1 09:00, send: ADT^A02, wrd: medical}\n", `x.yaml: step 2`},
		{"unknown field is named", head + "  - {at: d1 09:00, send: ADT^A02, wrd: medical}\n", "wrd"},
		{"time", head + "  - {at: d1 9am, send: ADT^A02}\n", `x.yaml: step 2 (d1 9am): at: "d1 9am" is no time`},
		{"hour", head + "  - {at: d1 29:00, send: ADT^A02}\n", "step 2 (d1 29:00): at:"},
		{"ward", head + "  - {at: d1 09:00, send: ADT^A02, ward: pub}\n", `step 2 (d1 09:00): ward: no trust has a ward of the kind "pub"`},
		{"trigger", head + "  - {at: d1 09:00, send: ADT^A99}\n", `send: "ADT^A99"`},
		{"panel", head + "  - {at: d1 09:00, send: ORU^R01, panels: [XYZ]}\n", `panels: the laboratory has no panel "XYZ"`},
		{"value", head + "  - {at: d1 09:00, send: ORU^R01, panels: [FBC], values: {CRP: 3}}\n", `values: "CRP" is in none of the panels`},
		{"course", head + "  - {at: d1 09:00, send: ORU^R01, observations: {course: [{rr: 12}, {rr: 13}]}}\n", "observations.course[1].at: is missing"},
		{"letter", head + "  - {at: d1 09:00, send: MDM^T02}\n", "document:"},
		{"booking", head + "  - {at: d1 09:00, send: SIU^S12, clinic: eye-clinic, appointment: {name: a}}\n", "appointment.for: is missing"},
		{"fhir", head + "  - {at: d1 09:00, send: FHIR}\n", "medicines, problems"},
		{"span", "pathway: x\nshare: 1\nbegins: soon\nsteps: []\n", "soon"},
		{"no steps", "pathway: x\nshare: 1\nsteps: []\n", "x.yaml: steps: the story has none"},
		{"no share", "pathway: x\nsteps:\n  - {at: d0 09:00, send: ADT^A28}\n", "x.yaml: share:"},
	} {
		_, err := ReadPathways(fstest.MapFS{"pathways/x.yaml": {Data: []byte(c.text)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
}

func TestMoments(t *testing.T) {
	now := noon(t)
	c := calendar{now: now, day0: midnight(now).AddDate(0, 0, -10)}
	for text, want := range map[string]string{
		"d0 08:00": "2026-11-08 08:00", "d3 23:59": "2026-11-11 23:59", "d-2w 09:00": "2026-10-25 09:00",
		"d-6m 10:00": "2026-05-08 10:00", "d-3y 10:00": "2023-11-08 10:00", "t+14 09:30": "2026-12-02 09:30",
		"now-40m": "2026-11-18 13:50", "now-3h": "2026-11-18 11:30", "now": "2026-11-18 14:30",
	} {
		if got := c.at(text).Format("2006-01-02 15:04"); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{"", "d0", "x1 09:00", "d1 24:00", "now+3h", "d1 9:00"} {
		if _, err := parseMoment(bad); err == nil {
			t.Errorf("%q is taken for a time", bad)
		}
	}
	if got := workday(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)).Weekday(); got != time.Monday {
		t.Errorf("a Saturday moves to %s", got)
	}
}

func TestCodesOfWordsAreUnique(t *testing.T) {
	paths, err := Pathways()
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	add := func(letter, word string) {
		code := codeOf(letter, word)
		if other, known := words[code]; known && !strings.EqualFold(other, word) {
			t.Errorf("%q and %q have the same code", word, other)
		}
		words[code] = word
	}
	for _, p := range paths {
		for _, s := range p.Steps {
			for _, d := range s.Diagnoses {
				add("D", d.Text)
			}
			for _, d := range s.Problems {
				add("D", d.Text)
			}
			for _, m := range s.Medicines {
				add("M", m.Name)
			}
			for _, name := range s.Procedures {
				add("P", name)
			}
		}
	}
	if len(words) < 60 {
		t.Errorf("only %d words", len(words))
	}
}

package webui_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestBannerNews: the score of somebody in hospital stands on every page of
// the record, nobody else's does.
func TestBannerNews(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	for _, page := range []string{"", "medicines", "demographics"} {
		b.get("/p/"+s.people["adaeze"]+"/"+page).has(t, `NEWS2</span> <b class="c-newschip c-news--0">0</b>`, "7 hours ago")
	}
	// Before that admission, and for people who are not in hospital.
	b.get("/p/"+s.people["adaeze"]+"/?asat=2026-11-01").lacks(t, "c-newschip")
	for _, who := range []string{"empty", "dead", "child", "long"} {
		b.get("/p/"+s.people[who]+"/").lacks(t, "c-newschip")
	}
	s.as("reception").get("/p/"+s.people["adaeze"]+"/demographics").lacks(t, "NEWS2")
}

func TestVitalsTrend(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	r := b.get("/p/" + s.people["adaeze"] + "/obs")
	r.has(t, "Trend of vital signs", `role="img" aria-label="Blood pressure, Pulse, Respirations, SpO₂, Temperature from 19-Nov-2026 14:00 to 22-Nov-2026 02:00.`,
		"118/70 mmHg, 22-Nov-2026 02:00", "not recorded")
	if n := strings.Count(r.body, `class="c-tee"`); n != 11 {
		t.Errorf("%d blood pressures are drawn", n)
	}
	b.get("/p/"+s.people["empty"]+"/obs").lacks(t, "Trend of vital signs")
}

// TestScaleWarning: a recorded target of 88–92 % beside scale 1.
func TestScaleWarning(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	home := "/p/" + s.people["adaeze"] + "/"
	b.get(home+"obs").lacks(t, "Check the oxygen scale")
	found, err := s.clinician().FindPeople(s.ctx, peopleQuery("9990000018"))
	s.must(err)
	subject := "Patient/" + found.Hits[0].Person.Entries[0].ID
	s.write(found.Hits[0].Person.Entries[0].Org, "TARGET-1", `{"resourceType":"Flag","status":"active","code":{"text":"Target oxygen saturation 88–92%"},"subject":{"reference":"`+subject+`"}}`)
	for _, page := range []string{"", "obs"} {
		b.get(home+page).has(t, "Check the oxygen scale", "SpO₂ scale 1 is in use")
	}
}

func TestTimelineFilters(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	at := "/p/" + s.people["adaeze"] + "/timeline"
	r := b.get(at + "?author=Dr+T+Owusu")
	r.has(t, "Showing 1 to 1 of 1", "Breathlessness", "filtered", `<option value="Dr T Owusu" selected>`)
	r.lacks(t, "Chest X-ray</a>")
	b.get(at+"?problem=Community-acquired+pneumonia").has(t, "Showing 1 to 1 of 1", "In-patient stay")
	r = b.get(at + "?from=2026-09-01&to=2026-10-23")
	r.has(t, "01-Sep-2026 to 23-Oct-2026", "Heart failure clinic letter", "Emergency attendance", `value="2026-09-01"`)
	r.lacks(t, "Chest X-ray</a>", "November 2026</h2>")
	b.get(at+"?to=2025-12-31").has(t, "up to 31-Dec-2025", "Acute heart failure")
	if r := b.get(at + "?from=soon"); r.status != http.StatusBadRequest {
		t.Errorf("odd date: %d", r.status)
	}
}

// TestNoRecordYet: a day before anything was known is said, not "not found".
func TestNoRecordYet(t *testing.T) {
	s := newStage(t)
	s.tell()
	r := s.as("registrar").get("/p/" + s.people["empty"] + "/?asat=2020-01-01")
	if r.status != http.StatusNotFound {
		t.Errorf("status %d", r.status)
	}
	r.has(t, "No record on that day", "Nothing was known of this patient at the end of 01-Jan-2020")
}

func TestFeedDefaultsInWords(t *testing.T) {
	s := newStage(t)
	s.feedMessages()
	for _, page := range []string{"/feeds", "/feeds/RYJ-pas"} {
		s.as("engineer").get(page).has(t, "answers as the message asks; accepts every MSH-11 value")
	}
}

package webui_test

import (
	"net/http"
	"testing"
)

// TestFeedIsPausedOnPages: an engineer pauses a feed that comes in, for a reason, and
// lets it go on; the pages say who and why. Without a reason nothing is paused, and what
// is not there cannot be.
func TestFeedIsPausedOnPages(t *testing.T) {
	s := newStage(t)
	s.feedMessages()
	g := s.as("engineer")
	if r := g.post("/feeds/steer", "kind", "feed", "name", "RYJ-pas", "to", "pause", "reason", ""); r.status == http.StatusSeeOther {
		t.Error("paused without a reason")
	}
	if r := g.post("/feeds/steer", "kind", "feed", "name", "nobody", "to", "pause", "reason", "maintenance tonight"); r.status != http.StatusNotFound {
		t.Errorf("what is not there is paused: %d", r.status)
	}
	if r := g.post("/feeds/steer", "kind", "feed", "name", "RYJ-pas", "to", "pause", "reason", "maintenance tonight"); r.to != "/feeds/RYJ-pas" {
		t.Fatalf("%d %s", r.status, r.to)
	}
	g.get("/feeds").has(t, "Paused", "maintenance tonight")
	g.get("/feeds/RYJ-pas").has(t, "Paused", "Let it go on")
	g.post("/feeds/steer", "kind", "feed", "name", "RYJ-pas", "to", "resume", "reason", "it is over")
	g.get("/feeds/RYJ-pas").has(t, "Open")
}

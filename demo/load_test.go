package demo_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"concord/demo"
	"concord/standard/fhir"
	"concord/standard/uk"
)

func (h *house) post(token string, b *fhir.Value) {
	h.t.Helper()
	req, _ := http.NewRequest(http.MethodPost, h.fhir, bytes.NewReader(b.JSON()))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/fhir+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d %s", b.ID(), res.StatusCode, answer)
	}
}

// TestLoadIsAccepted: the bundles for load tests come in through FHIR, and the
// long record has the length that it says.
func TestLoadIsAccepted(t *testing.T) {
	h := openHouse(t)
	token, err := h.token(t.Context(), "RYJ")
	if err != nil {
		t.Fatal(err)
	}
	for b := range demo.Bundles(demo.DefaultSeed, 15) {
		h.post(token, b)
	}
	for b := range demo.Heavy(demo.DefaultSeed) {
		h.post(token, b)
	}
	p := demo.HeavyPerson(demo.DefaultSeed)
	found := h.get("/Patient?identifier=" + url.QueryEscape(uk.NHSNumberSystem+"|"+p.NHS))["entry"].([]any)
	if len(found) != 1 {
		t.Fatalf("%d entries", len(found))
	}
	out := h.get("/Encounter?_summary=count&patient=" + personOf(found[0]))
	if total, _ := json.Marshal(out["total"]); string(total) != "600" {
		t.Errorf("%s encounters", total)
	}
}

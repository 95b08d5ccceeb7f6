package intake

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

var update = flag.Bool("update", false, "write golden files anew")

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// tally is what became of the messages of one folder.
type tally struct {
	Messages int            `json:"messages"`
	Mapped   int            `json:"mapped"`
	Refused  map[string]int `json:"refused"` // by code: answered with a refusal
	Parked   map[string]int `json:"parked"`  // by code: dead letters
	Drafts   map[string]int `json:"drafts"`  // by resource type
}

const conformance = "testdata/conformance.json"

// TestCorpora puts every message of every folder through: each is mapped or
// turned down with a reason. The counts stand in testdata/conformance.json,
// from which docs/conformance.md is made; -update writes them.
func TestCorpora(t *testing.T) {
	shared := os.Getenv("CONCORD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	root := filepath.Join(shared, "corpora", "hl7v2")
	if _, err := os.Stat(root); err != nil {
		t.Skip("NOT RUN: no test corpora; set CONCORD_SHARED")
	}
	feed := Feed{Name: "corpus", Trust: "R1K", Zone: london(t)}
	got := map[string]*tally{}
	for _, folder := range []string{"simhospital", "linuxforhealth", "messy", "microsoft-fhir-converter", "cdc-mapping-pairs"} {
		n := &tally{Refused: map[string]int{}, Parked: map[string]int{}, Drafts: map[string]int{}}
		got[folder] = n
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".hl7") && !strings.Contains(path, "Sample-") {
				return err
			}
			data, err := os.ReadFile(path)
			for raw, err := range hl7v2.Split(bytes.NewReader(data), 4<<20) {
				if err != nil {
					t.Fatal(err)
				}
				if feed.Trust = "R1K"; strings.Contains(path, "RYJ") {
					feed.Trust = "RYJ"
				}
				n.count(t, path, raw, feed)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(conformance, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(conformance)
	if err != nil || !bytes.Equal(text, want) {
		t.Errorf("the counts differ from %s (%v); now:\n%s", conformance, err, text)
	}
	if sim := got["simhospital"]; sim.Messages != 2714 || sim.Mapped != 2714 {
		t.Errorf("simhospital: %d of %d mapped", sim.Mapped, sim.Messages)
	}
}

func (n *tally) count(t *testing.T, path string, raw []byte, feed Feed) {
	t.Helper()
	n.Messages++
	m, err := hl7v2.Parse(raw)
	if err == nil {
		err = hl7v2.Accept(m)
	}
	if err != nil {
		n.Refused[fault.Of(err).Code]++
		return
	}
	mapped, err := Map(m, feed)
	if err != nil {
		if fault.Of(err).Kind == fault.Internal {
			t.Errorf("%s: %v", path, err)
		}
		n.Parked[fault.Of(err).Code]++
		return
	}
	n.Mapped++
	for _, one := range mapped {
		for i, d := range one.Drafts {
			n.Drafts[d.Type]++
			checkDraft(t, path, one, i)
		}
	}
}

// checkDraft holds every draft to what the writer relies on.
func checkDraft(t *testing.T, path string, m Mapped, i int) {
	t.Helper()
	d := m.Drafts[i]
	switch {
	case d.Key == "" || d.Fold == nil || d.Resource.Type() != d.Type || (d.Type == "Patient") != (i == 0):
		t.Errorf("%s: draft %d (%s %q) is not complete", path, i, d.Type, d.Key)
	case !strings.HasPrefix(d.Resource.StrAt("meta.source"), "urn:concord:feed:"+m.Patient.Trust+":corpus#"):
		t.Errorf("%s: %s has no source", path, d.Type)
	case eventOf(d.Resource).Unix() != m.Event.Unix():
		t.Errorf("%s: %s does not tell its event", path, d.Type)
	}
	if _, err := fhir.Parse(d.Resource.JSON()); err != nil {
		t.Errorf("%s: %s is not JSON: %v", path, d.Type, err)
	}
	known := map[string]bool{"#patient": true}
	for _, other := range m.Drafts {
		known["#key:"+other.Type+"/"+other.Key] = true
	}
	fhir.Rewrite(d.Resource, func(ref string) string {
		if !known[ref] {
			t.Errorf("%s: %s refers to %q, which is no draft", path, d.Type, ref)
		}
		return ref
	})
	first, err := d.Fold(nil, d.Resource, FoldContext{Event: m.Event})
	if err != nil {
		t.Errorf("%s: %s: %v", path, d.Type, err)
	}
	if first == nil {
		return
	}
	if again, err := d.Fold(first, d.Resource, FoldContext{Event: m.Event}); err != nil || again != nil {
		t.Errorf("%s: %s %q (%s) said twice changes something: %v", path, d.Type, d.Key, m.Trigger, err)
	}
}

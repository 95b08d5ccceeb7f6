package intake

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/fault"
	"concord/standard/hl7v2"
)

const dashes = "--------------------------------\n"

// TestGolden maps the message above the line of dashes and compares with what
// stands below it. Run with -update after a change that was meant.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	feed := Feed{Name: "golden", Trust: "R1K", Zone: london(t)}
	rules := map[string]bool{}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			message, want, _ := strings.Cut(string(text), dashes)
			raw := []byte(strings.ReplaceAll(message, "\n", "\r"))
			if strings.Contains(message, "|8859/1") {
				raw = latin1(message)
			}
			m, err := hl7v2.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			got := goldenText(t, m, feed)
			rules[m.Header().Name()] = true
			if *update {
				if err := os.WriteFile(path, []byte(message+dashes+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("the drafts differ; now:\n%s", got)
			}
		})
	}
	for _, trigger := range Triggers() {
		if !rules[trigger] {
			t.Errorf("%s has no golden file", trigger)
		}
	}
}

func latin1(s string) []byte {
	var b []byte
	for _, r := range strings.ReplaceAll(s, "\n", "\r") {
		b = append(b, byte(r))
	}
	return b
}

// goldenText writes the outcome so that it reads well in a review.
func goldenText(t *testing.T, m *hl7v2.Message, feed Feed) string {
	t.Helper()
	mapped, err := Map(m, feed)
	if err != nil {
		f := fault.Of(err)
		return f.Kind.String() + " " + f.Code + " at " + f.At + "\n"
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	type draft struct {
		Key      string          `json:"key"`
		Adopts   []string        `json:"adopts,omitempty"`
		Resource json.RawMessage `json:"resource"`
	}
	for _, one := range mapped {
		out := struct {
			Trigger  string
			Event    string
			Patient  PatientKey
			Merge    *Merge   `json:",omitempty"`
			Moves    []Move   `json:",omitempty"`
			Rehome   *Rehome  `json:",omitempty"`
			Unmapped []string `json:",omitempty"`
			Warnings []string `json:",omitempty"`
			Drafts   []draft
		}{one.Trigger, one.Event.Format("2006-01-02T15:04:05Z07:00"), one.Patient, one.Merge, one.Moves, one.Rehome, one.Unmapped, one.Warnings, nil}
		for _, d := range one.Drafts {
			out.Drafts = append(out.Drafts, draft{d.Key, d.Adopts, d.Resource.JSON()})
		}
		if err := enc.Encode(out); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// FuzzMap: whatever can be parsed is mapped or turned down, and what it makes
// can be folded twice.
func FuzzMap(f *testing.F) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		message, _, _ := strings.Cut(string(text), dashes)
		f.Add([]byte(message))
	}
	feed := Feed{Name: "fuzz", Trust: "R1K", Zone: london(f)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := hl7v2.Parse(raw)
		if err != nil {
			return
		}
		ours := feed
		ours.Table = tableOfR1K()
		var mapped []Mapped
		for _, f := range []Feed{feed, ours} {
			some, err := Map(m, f)
			if err != nil {
				if fault.Of(err).Kind == fault.Internal {
					t.Fatal(err)
				}
				return
			}
			mapped = append(mapped, some...)
		}
		for _, one := range mapped {
			for i := range one.Drafts {
				d := one.Drafts[i]
				c := FoldContext{Event: one.Event}
				first, err := d.Fold(nil, d.Resource, c)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					continue
				}
				if again, err := d.Fold(first, d.Resource, c); err != nil || again != nil {
					t.Fatalf("%s said twice changes something: %v", d.Type, err)
				}
			}
		}
	})
}

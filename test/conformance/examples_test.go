package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// TestR4Examples writes every official example by its own id and reads it
// back: equal content, decimals and unknown extensions included, with the labels that
// its codes ask for. What base validation refuses is counted with its rule.
func TestR4Examples(t *testing.T) { onEngines(t, r4Examples) }

func r4Examples(t *testing.T, engine string) {
	files, err := filepath.Glob(filepath.Join(corpora(t, "fhir/r4-examples"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, engine)
	e := client(d)
	ctx := context.Background()
	tried, kept, refused := 0, 0, map[string]int{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		v, err := fhir.ParseObject(text)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		if fhir.R4().Number(v.Type()) == 0 {
			continue // package.json, an index
		}
		tried++
		op := record.Op{Kind: record.Update, Type: v.Type(), ID: v.ID(), Resource: v}
		if v.ID() == "" {
			op.Kind = record.Create
		}
		res, err := e.Transact(ctx, []record.Op{op}, record.Commit{})
		if err != nil {
			refused[fault.Of(err).Code]++
			if refusedExamples[filepath.Base(f)] == "" {
				t.Errorf("refused %s: %v", filepath.Base(f), err)
			}
			continue
		}
		if kept++; refusedExamples[filepath.Base(f)] != "" {
			t.Errorf("%s was accepted: %s", filepath.Base(f), refusedExamples[filepath.Base(f)])
		}
		back, err := e.Read(ctx, v.Type(), res[0].ID)
		if err != nil {
			t.Errorf("%s: read: %v", filepath.Base(f), err)
			continue
		}
		if labelled := access.StandardSensitive().Labelled(v); !fhir.Equal(content(labelled), content(back.Resource)) {
			t.Errorf("%s reads back differently", filepath.Base(f))
		}
	}
	note("FHIR R4: written, read back equal (decimals, order, extensions)", row{"fhir/r4-examples, " + engine, fmt.Sprint(tried), fmt.Sprint(kept), counts(refused)})
	t.Logf("%d kept and read back equal, refused by rule: %v", kept, refused)
	if kept == 0 || tried-kept > len(refusedExamples) {
		t.Errorf("only %d of %d examples were accepted", kept, len(files))
	}
	clean(t, d)
}

// content is a resource without what the server owns: version, time, source
// when it gave one, the id of a created one, and the link from a patient's
// entry to its person.
func content(v *fhir.Value) *fhir.Value {
	meta := v.Get("meta").Without("versionId", "lastUpdated", "source")
	v = v.Without("id").With("meta", meta)
	if v.Type() != "Patient" {
		return v
	}
	var links []*fhir.Value
	for l := range v.Get("link").Each() {
		if l.StrAt("type") != "refer" {
			links = append(links, l)
		}
	}
	return v.With("link", links)
}

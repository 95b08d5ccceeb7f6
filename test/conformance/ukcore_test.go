package conformance

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// TestUKCoreExamples reads every UK Core example (XML), writes it, and reads
// it back with equal content.
func TestUKCoreExamples(t *testing.T) { onEngines(t, ukCoreExamples) }

func ukCoreExamples(t *testing.T, engine string) {
	d := openDesk(t, engine)
	e := client(d)
	tried, kept, refused := 0, 0, map[string]int{}
	err := filepath.WalkDir(corpora(t, "nhs/ukcore-examples"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".xml") {
			return err
		}
		tried++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		same, err := roundTrip(e, text)
		switch {
		case err != nil:
			refused[fault.Of(err).Code]++
			if refusedExamples[filepath.Base(path)] == "" {
				t.Errorf("refused %s: %v", filepath.Base(path), err)
			}
		case !same:
			t.Errorf("%s reads back differently", filepath.Base(path))
		default:
			kept++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	note("FHIR R4: written, read back equal (decimals, order, extensions)", row{"nhs/ukcore-examples (from XML), " + engine, fmt.Sprint(tried), fmt.Sprint(kept), counts(refused)})
	if tried == 0 || kept < tried-4 {
		t.Errorf("only %d of %d were accepted", kept, tried)
	}
	clean(t, d)
}

func roundTrip(e *record.Errand, text []byte) (bool, error) {
	v, err := fhir.ParseXML(text)
	if err != nil {
		return false, err
	}
	op := record.Op{Kind: record.Update, Type: v.Type(), ID: v.ID(), Resource: v}
	if v.ID() == "" {
		op.Kind = record.Create
	}
	res, err := e.Transact(context.Background(), []record.Op{op}, record.Commit{})
	if err != nil {
		return false, err
	}
	back, err := e.Read(context.Background(), v.Type(), res[0].ID)
	if err != nil {
		return false, err
	}
	return fhir.Equal(content(v), content(back.Resource)), nil
}

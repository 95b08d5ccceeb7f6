package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/demo/linked"
	"concord/standard/match"
)

// TestLinkReplay: a stricter model file is tried on a store; what would change
// is told, each pair with both waterfalls and no value of anybody's.
func TestLinkReplay(t *testing.T) {
	dir := t.TempDir()
	h, err := openHouse(t.Context(), where{Data: dir}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	byTrust := map[string][]linked.Row{}
	for row := range linked.New(3, linked.Frozen()).Rows(200) {
		trust := row.Record.Numbers[0].Scope
		byTrust[trust] = append(byTrust[trust], row)
	}
	records := 0
	for _, rows := range byTrust {
		if _, err := h.bring(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		records += len(rows)
	}
	strict := *match.ShippedModel()
	strict.Version, strict.Certain = "strict", 60
	text, err := strict.Write()
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	report, err := replayed(t.Context(), h, text, &lines)
	if err != nil || int(report.Entries) != records || report.Changes["joined → possible"] == 0 || !strings.HasPrefix(report.Model, "strict/") {
		t.Fatalf("%+v %v", report, err)
	}
	first, _, _ := strings.Cut(lines.String(), "\n")
	for _, word := range []string{`"Before"`, `"Waterfall"`, "strict"} {
		if !strings.Contains(first, word) {
			t.Errorf("%q is not in %s", word, first)
		}
	}
	if !strings.Contains(lines.String(), `"nhs number"`) { // which pair comes first is chance
		t.Error("no pair tells of a number")
	}
	for _, rows := range byTrust {
		for _, row := range rows {
			if f := row.Record.Family; len(f) > 4 && strings.Contains(lines.String(), f) {
				t.Fatalf("the report names somebody")
			}
		}
	}
	if same, err := replayed(t.Context(), h, shipped(t), &lines); err != nil || len(same.Changes) != 0 {
		t.Errorf("the model in use would change %+v, %v", same, err)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(file, []byte("version: x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&linkReplayCmd{where: where{Data: dir}, Model: file}).Run(t.Context()); err == nil {
		t.Error("a model that cannot be read is tried")
	}
	if err := (&linkCountCmd{where: where{Data: dir}}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	again, err := openHouse(t.Context(), where{Data: dir}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if counted, err := replayed(t.Context(), again, shipped(t), &lines); err != nil || counted.InUse == report.InUse {
		t.Errorf("after the count the model in use is %s as before, %v", counted.InUse, err)
	}
}

func shipped(t *testing.T) []byte {
	t.Helper()
	text, err := match.ShippedModel().Write()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

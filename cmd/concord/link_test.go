package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/fault"
)

// TestLinkCompare makes a sample, matches it against its truth, and reads what
// was written; and a map that does not fit is refused before anything is done.
func TestLinkCompare(t *testing.T) {
	dir := t.TempDir()
	sample, out := filepath.Join(dir, "sample.csv"), filepath.Join(dir, "out.csv")
	if err := (&linkSampleCmd{People: 400, Seed: 1, Errors: 1, Out: sample}).Run(); err != nil {
		t.Fatal(err)
	}
	columns := filepath.Join("..", "..", "testdata", "linkage", "sample.yaml")
	c := linkCompareCmd{Tables: []string{sample}, Columns: columns, Truth: []string{sample}, Out: out, JSON: true, Memory: 64}
	if err := c.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	pairs, err := os.ReadFile(out)
	if err != nil || !strings.HasPrefix(string(pairs), "id_l,id_r,weight,probability,grade,evidence,guards,claim\n") || strings.Count(string(pairs), ",certain,") < 100 {
		t.Errorf("pairs: %d lines, %v", strings.Count(string(pairs), "\n"), err)
	}
	records, _ := os.ReadFile(sample)
	clusters, err := os.ReadFile(filepath.Join(dir, "out.clusters.csv"))
	if err != nil || strings.Count(string(clusters), "\n") != strings.Count(string(records), "\n") {
		t.Errorf("clusters: %d lines, %v", strings.Count(string(clusters), "\n"), err)
	}
	c.Columns = filepath.Join("..", "..", "testdata", "linkage", "febrl.yaml")
	if err := c.Run(context.Background()); fault.Of(err).Code != "linkage.columns" || exitCodeOf(err) != exitMisuse {
		t.Errorf("a map of other columns: %v", err)
	}
	c.Tables = []string{filepath.Join(dir, "nowhere.csv")}
	if err := c.Run(context.Background()); exitCodeOf(err) != exitMisuse {
		t.Errorf("a table that is not there: %v", err)
	}
}

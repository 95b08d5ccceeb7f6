package main

import (
	"context"
	"io"
	"path/filepath"
	"testing"

	"concord/standard/uk"
)

// TestProfileGoesByThePack: the forms of numbers are those of the pack that runs on
// the data folder, beside its server too, or of the one that is named; where there
// is none, numbers are held against none.
func TestProfileGoesByThePack(t *testing.T) {
	ctx := context.Background()
	c := &onboardProfileCmd{joined: joined{Org: "R1K"}}
	c.Data = t.TempDir()
	if n, err := c.numbering(ctx); n != nil || err != nil {
		t.Errorf("a folder without a record: %v %v", n, err)
	}
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.command(ctx, request{Command: "org-apply", Pack: packFiles(t, "R1K")}, io.Discard); err != nil {
		t.Fatal(err)
	}
	h.close()
	if n, err := c.numbering(ctx); n[uk.HospitalNumber] != "L[0-9]{7}" || err != nil {
		t.Errorf("the pack that runs: %v %v", n, err)
	}
	c.Org = "RAS"
	if n, err := c.numbering(ctx); n != nil || err != nil {
		t.Errorf("another organisation: %v %v", n, err)
	}
	c.Pack = filepath.Join("..", "..", "demo", "packs", "RAS")
	if n, err := c.numbering(ctx); n[uk.HospitalNumber] != "UX-[0-9]{7}" || err != nil {
		t.Errorf("the pack that is named: %v %v", n, err)
	}
	c.Org = "R1K"
	if _, err := c.numbering(ctx); err == nil {
		t.Error("another organisation's pack is taken")
	}
}

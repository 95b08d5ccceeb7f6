package main

import (
	"path/filepath"
	"testing"

	"concord/fault"
	"concord/store/postgres"
)

// TestArchiving: a server's archive is begun, goes on and ends, holds the
// secret, and is refused where it would be of no use.
func TestArchiving(t *testing.T) {
	dir, folder := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "archive")
	for range 2 {
		h, err := openHouse(t.Context(), where{Data: dir}, nil, quietLog())
		if err != nil {
			t.Fatal(err)
		}
		end, err := archiving{folder}.begin(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := h.close(); err != nil {
			t.Fatal(err)
		}
	}
	back := filepath.Join(t.TempDir(), "back")
	if err := (&restoreCmd{From: folder, Data: back}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(folder, "0*")); len(found) != 1 {
		t.Errorf("generations: %v", found)
	}
	other := filepath.Join(t.TempDir(), "other")
	h, err := openHouse(t.Context(), where{Data: other}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	if _, err := (archiving{folder}).begin(t.Context(), h); fault.Of(err) == nil || fault.Of(err).Code != "cli.secret" {
		t.Errorf("an archive of another installation: %v", err)
	}
	if _, err := (archiving{folder}).begin(t.Context(), &house{engine: &postgres.Engine{}}); fault.Of(err) == nil || fault.Of(err).Code != "cli.archive" {
		t.Errorf("an archive of PostgreSQL: %v", err)
	}
	if end, err := (archiving{}).begin(t.Context(), h); err != nil || end() != nil {
		t.Errorf("no archive: %v", err)
	}
}

package launch_test

import (
	"os"
	"path/filepath"
	"testing"

	"concord/test/load/launch"
)

// TestURL: a DSN of keywords becomes the URL of the same database.
func TestURL(t *testing.T) {
	got := launch.URL("host=/tmp/pg1 port=5432 user=concord dbname=postgres sslmode=disable")
	if want := "postgres://concord@/postgres?host=%2Ftmp%2Fpg1&port=5432&sslmode=disable"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// TestSize: what a folder holds is summed up; one that is not there holds
// nothing.
func TestSize(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"x": 10, "a/b/y": 32} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := launch.Size(dir); n != 42 || err != nil {
		t.Errorf("%d bytes: %v", n, err)
	}
	if n, err := launch.Size(filepath.Join(dir, "none")); n != 0 || err != nil {
		t.Errorf("%d bytes of nothing: %v", n, err)
	}
}

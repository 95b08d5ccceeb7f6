package journey

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patients counts the patients in the record of a data folder.
func patients(t *testing.T, dir string) int {
	t.Helper()
	out, errs, code := cli(t, "", "export", "--data", dir, "--type", "Patient")
	if code != 0 {
		t.Fatalf("export: %s", errs)
	}
	return strings.Count(out, "\n")
}

// another is a file with one more patient.
func another(t *testing.T, i int) string {
	t.Helper()
	return file(t, t.TempDir(), "p.ndjson", strings.ReplaceAll(aPatient, `"id":"ada"`, fmt.Sprintf(`"id":"p%d"`, i))+"\n")
}

// TestBackup: a copy that was made beside a running server comes back whole;
// one that was damaged is refused.
func TestBackup(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backup")
	s := start(t, dir, "serve")
	play(t, []step{
		{"import", []string{"import", "--data", dir, another(t, 1)}, 0, nil, nil},
		{"backup beside the server", []string{"backup", "--data", dir, "--to", to}, 0, []string{`^change \d+ of 20\S+ is in `}, nil},
		{"over a backup", []string{"backup", "--data", dir, "--to", to}, 2, nil, []string{"store.backup-exists"}},
		{"a later write", []string{"import", "--data", dir, another(t, 2)}, 0, nil, nil},
		{"over the store", []string{"restore", "--from", to, "--data", dir}, 2, nil, []string{"store.not-empty"}},
	})
	s.kill()
	for _, name := range []string{"concord.db", "concord.key", "backup.json"} {
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	back := filepath.Join(t.TempDir(), "back")
	later := filepath.Join(t.TempDir(), "later")
	play(t, []step{
		{"a moment", []string{"restore", "--from", to, "--data", back, "--at", "2026-06-01T08:30:00Z"}, 2, nil, []string{"cli.at"}},
		{"restore", []string{"restore", "--from", to, "--data", back}, 0, []string{`^restored change \d+ of `, cleanStore}, nil},
		{"backup after a crash", []string{"backup", "--data", dir, "--to", later}, 0, nil, nil},
		{"restore that", []string{"restore", "--from", later, "--data", filepath.Join(t.TempDir(), "back")}, 0, []string{cleanStore}, nil},
		{"of nothing", []string{"backup", "--data", t.TempDir(), "--to", filepath.Join(t.TempDir(), "none")}, 2, nil, []string{"cli.secret"}},
	})
	if n := patients(t, back); n != 1 {
		t.Errorf("%d patients, want 1", n)
	}
	if n := patients(t, dir); n != 2 {
		t.Errorf("%d patients in the store itself, want 2", n)
	}
	path := filepath.Join(to, "concord.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	play(t, []step{{"a damaged backup", []string{"restore", "--from", to, "--data", filepath.Join(t.TempDir(), "back")}, 2, nil, []string{"cli.backup"}}})
}

// TestRestoreToAMoment: a server keeps an archive, is killed, started and
// stopped; the record comes back as it was between any two writes, and each
// that comes back is verified.
func TestRestoreToAMoment(t *testing.T) {
	if help, _, _ := cli(t, "", "serve", "--help"); !strings.Contains(help, "--archive") {
		t.Skip("SKIP: serve keeps no archive in this build")
	}
	dir, archive := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "archive")
	var between []time.Time
	n := 0
	write := func() {
		t.Helper()
		n++
		play(t, []step{{"write", []string{"import", "--data", dir, another(t, n)}, 0, nil, nil}})
		time.Sleep(20 * time.Millisecond)
		between = append(between, time.Now())
		time.Sleep(20 * time.Millisecond)
	}
	for round := range 3 {
		s := start(t, dir, "serve", "--archive", archive)
		for range 3 {
			write()
		}
		if round == 1 {
			s.kill()
		} else if code := s.stop(); code != 0 {
			t.Fatalf("the server ended with %d: %s", code, s.said())
		}
	}
	if found, _ := filepath.Glob(filepath.Join(archive, "0*")); len(found) != 1 {
		t.Errorf("%d generations: %v", len(found), found)
	}
	for i, at := range append(between, time.Time{}) {
		back := filepath.Join(t.TempDir(), "back")
		args, want := []string{"restore", "--from", archive, "--data", back, "--at", at.Format(time.RFC3339Nano)}, i+1
		if at.IsZero() {
			args, want = args[:5], n
		}
		play(t, []step{{"restore", args, 0, []string{`^restored change \d+ of `, cleanStore}, nil}})
		if got := patients(t, back); got != want {
			t.Errorf("at %v: %d patients, want %d", at, got, want)
		}
	}
	play(t, []step{
		{"before the archive", []string{"restore", "--from", archive, "--data", filepath.Join(t.TempDir(), "back"), "--at", "2020-06-01T08:30:00Z"}, 2, nil, []string{"store.archive"}},
		{"no moment", []string{"restore", "--from", archive, "--data", filepath.Join(t.TempDir(), "back"), "--at", "yesterday"}, 2, nil, []string{"cli.at"}},
	})
}

package clients

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/store/postgres/pgtest"
	"concord/test/load/launch"
	"concord/test/npm"
)

// TestClients runs the script of each client against the real binary, on each
// store.
func TestClients(t *testing.T) {
	packages := npm.Install(t)
	binary, err := launch.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	stores := map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return launch.URL(pgtest.Start(t, pgtest.Options{NoSync: true}).DSN()) },
	}
	for store, database := range stores {
		t.Run(store, func(t *testing.T) {
			s, err := launch.Start(launch.Options{Binary: binary, Data: filepath.Join(t.TempDir(), "data"), Database: database(t)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Kill)
			token, err := s.Token("clients")
			if err != nil {
				t.Fatal(err)
			}
			for _, client := range []string{"fhir-kit-client", "fhirclient"} {
				t.Run(client, func(t *testing.T) { play(t, packages, client, s.Base, token) })
			}
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// play runs one script. Every line that it prints is the outcome of a step.
func play(t *testing.T, packages, name, base, token string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("scripts")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", name+".mjs")
	node.Dir = dir
	node.Env = append(os.Environ(), "FHIR_BASE="+base, "FHIR_TOKEN="+token, "NO_PROXY=127.0.0.1")
	var errs bytes.Buffer
	node.Stderr = &errs
	out, err := node.Output()
	steps := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); steps++ {
		var line struct{ Step, Error string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%s: %s", err, lines.Text())
		}
		t.Run(strings.ReplaceAll(line.Step, " ", "-"), func(t *testing.T) {
			if line.Error != "" {
				t.Error(line.Error)
			}
		})
	}
	if err != nil || steps == 0 {
		t.Errorf("the script ended after %d steps: %v\n%s", steps, err, &errs)
	}
}

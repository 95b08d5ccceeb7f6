// Package npm installs the npm packages that tests put to work: those that a
// folder's package-lock.json pins, by npm ci, into the user's cache, once for
// each state of the lock file. node_modules is never part of the repository,
// and scripts of packages are not run.
package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files are what says which packages there are.
func files() []string { return []string{"package.json", "package-lock.json", ".npmrc"} }

// Install gives the node_modules folder of the packages that the folder of the
// test pins. Only without Node is the test skipped.
func Install(t testing.TB) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIP: %s is not installed (make tools)", program)
		}
	}
	sum := sha256.New()
	for _, name := range files() {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(text)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "concord-npm")
	dir := filepath.Join(cache, hex.EncodeToString(sum.Sum(nil)[:8]))
	packages := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(packages); err == nil {
		return packages
	}
	if err := fill(cache, dir, packages); err != nil {
		t.Fatal(err)
	}
	return packages
}

// fill installs beside the place and then moves there, so that no other run
// sees half of it.
func fill(cache, dir, packages string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(cache, "new")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	for _, name := range files() {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(fresh, name), text, 0o644); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--omit=optional", "--no-progress")
	c.Dir = fresh
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	// Another run may have been faster: then its packages are as good.
	if err := os.Rename(fresh, dir); err != nil {
		if _, there := os.Stat(packages); there != nil {
			return err
		}
	}
	return nil
}

// Pinned checks that the folder's lock file pins everything by its digest, and
// says nothing about where it came from.
func Pinned(t testing.TB) {
	t.Helper()
	text, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	if len(lock.Packages) < 3 {
		t.Errorf("%d packages are pinned", len(lock.Packages))
	}
	for name, p := range lock.Packages {
		if name != "" && (p.Resolved != "" || !strings.HasPrefix(p.Integrity, "sha512-")) {
			t.Errorf("%s: resolved %q, integrity %q", name, p.Resolved, p.Integrity)
		}
	}
}

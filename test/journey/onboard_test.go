package journey

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTrustJoins: beside a running server an organisation's pack is applied, its
// extract staged, profiled, matched and loaded, and the load taken back; the
// process is killed in between, and the store is clean.
func TestTrustJoins(t *testing.T) {
	dir, sample := t.TempDir(), filepath.Join(t.TempDir(), "extract")
	s := start(t, dir, "serve")
	packs := "../../demo/packs/"
	does := func(code int, says string, args ...string) string {
		t.Helper()
		out, got := run(t, args...)
		if got != code || !strings.Contains(out, says) {
			t.Fatalf("concord %s: exit %d, not %d:\n%s", strings.Join(args, " "), got, code, out)
		}
		return out
	}
	does(0, "14 wards", "org", "check", packs+"RAS")
	does(0, "added    wards Drayton", "org", "diff", "--data", dir, packs+"RAS")
	does(0, "added    wards Drayton", "org", "apply", "--data", dir, packs+"RAS")
	does(0, "nothing to change", "org", "apply", "--data", dir, packs+"RAS")
	does(0, "RAS  version 1", "org", "list", "--data", dir)

	does(0, `"patients": 300`, "onboard", "sample", "--org", "RAS", "--patients", "300", sample)
	does(1, "refused rows lie in", "onboard", "stage", "--data", dir, "--org", "RAS", sample)
	does(0, "the same extract was staged", "onboard", "stage", "--data", dir, "--org", "RAS", sample)
	does(2, "profile the extract first", "onboard", "match", "--data", dir, "--org", "RAS")
	does(1, "waiting lists:", "onboard", "profile", "--data", dir, "--org", "RAS")
	does(0, "100.0%  new", "onboard", "match", "--data", dir, "--org", "RAS")
	does(2, "items of the build are open", "onboard", "load", "--data", dir, "--org", "RAS")
	does(0, "75 entries of QRV", "onboard", "build", "catalogue", "--data", dir, "--org", "QRV", packs+"QRV/catalogue")
	does(0, "entries of RAS", "onboard", "build", "catalogue", "--data", dir, "--org", "RAS", packs+"RAS/catalogue")
	does(0, "decisions were taken in", "onboard", "build", "take", "--data", dir, "--org", "RAS", packs+"RAS/catalogue/build.yaml")
	does(0, "loaded, from", "onboard", "load", "--data", dir, "--org", "RAS")
	does(0, "100.0%  certain", "onboard", "match", "--data", dir, "--org", "RAS")
	s.kill()
	does(0, "clean", "verify", "--data", dir)
	s = start(t, dir, "serve")
	does(0, "removed: Patient", "onboard", "undo", "--data", dir, "--org", "RAS")
	does(0, "100.0%  new", "onboard", "match", "--data", dir, "--org", "RAS")
	s.stop()
	does(0, "clean", "verify", "--data", dir)
	list, err := os.ReadDir(filepath.Join(dir, "stage", "RAS"))
	if err != nil || len(list) != 5 { // the extract, catalogue and decisions, two locks
		t.Errorf("the stage holds %d things, %v", len(list), err)
	}
}

package onboard

import (
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"concord/fault"
)

// bareFolder is an extract's folder of R1K with a manifest and nothing else.
func bareFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, manifestFile), []byte("trust: R1K\nsource: test\ntaken: 2026-11-25T02:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestPackedBombs: a file that unpacks to far more than it is, and has no end of a
// line, is gone through in little memory, whatever kind it says it is.
func TestPackedBombs(t *testing.T) {
	const unpacked = 192 << 20
	for name, begin := range map[string]string{"patients.csv.gz": "", "allergies.csv.gz": "source_key,patient_key\n1,", "results.csv.gz": `source_key,"`,
		"all.ndjson.gz": `{"resourceType":"`, "feed.hl7.gz": `MSH|^~\&|`} {
		t.Run(name, func(t *testing.T) {
			dir := bareFolder(t)
			f, err := os.Create(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			z := gzip.NewWriter(f)
			z.Write([]byte(begin))
			block := []byte(strings.Repeat("a", 1<<20))
			for range unpacked >> 20 {
				z.Write(block)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			f.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s := newStage(t, "R1K")
			s.Messages = func(string, []byte) ([]Resource, error) {
				return nil, fault.New(fault.Invalid, "test.message", "no message")
			}
			x, err := s.Add(context.Background(), dir, false)
			if err == nil {
				_, err = s.Profile(context.Background(), x, Options{})
			}
			runtime.ReadMemStats(&after)
			if f := fault.Of(err); err != nil && f.Kind != fault.Invalid && f.Kind != fault.TooCostly {
				t.Errorf("%v", err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > unpacked/2 {
				t.Errorf("%d MB were allocated for %d MB unpacked", took>>20, unpacked>>20)
			}
		})
	}
}

// TestLinksOutOfAnExtract: a file of an extract that leads elsewhere is not read.
func TestLinksOutOfAnExtract(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("source_key,family\nSECRETCANARY,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"patients.csv", "all.ndjson", manifestFile} {
		dir := bareFolder(t)
		os.Remove(filepath.Join(dir, name))
		if err := os.Symlink(secret, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		s := newStage(t, "R1K")
		x, err := s.Add(context.Background(), dir, false)
		if err == nil {
			_, err = s.Profile(context.Background(), x, Options{})
		}
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "link") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

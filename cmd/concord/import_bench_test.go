package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// corpora is the folder of the shared test material, or a loud skip.
func corpora(tb testing.TB, sub string) string {
	tb.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "corpora", sub)
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("SKIP: no shared corpora at %s (set CONCORD_SHARED)", dir)
	}
	return dir
}

// BenchmarkImportSynthea imports the Synthea bundles into an empty store:
// durable transactions, and bulk mode.
func BenchmarkImportSynthea(b *testing.B) {
	for _, bulk := range []bool{false, true} {
		name := "transactions"
		if bulk {
			name = "bulk"
		}
		b.Run(name, func(b *testing.B) {
			var resources, bytes float64
			dirs := []string{corpora(b, "fhir/synthea-r4"), corpora(b, "fhir/synthea-r4-v3")}
			for range b.N {
				b.StopTimer()
				data := b.TempDir()
				b.StartTimer()
				n := importAll(b, data, dirs, bulk)
				b.StopTimer()
				resources += float64(n)
				st, err := os.Stat(filepath.Join(data, storeFile))
				if err != nil {
					b.Fatal(err)
				}
				bytes += float64(st.Size())
				b.StartTimer()
			}
			b.ReportMetric(resources/b.Elapsed().Seconds(), "resources/s")
			b.ReportMetric(bytes/resources, "bytes/resource")
		})
	}
}

func importAll(tb testing.TB, data string, dirs []string, bulk bool) int {
	tb.Helper()
	ctx := context.Background()
	files, _, err := listFiles(dirs)
	if err != nil {
		tb.Fatal(err)
	}
	c := &importCmd{where: where{Data: data}, Org: "RYJ", Bulk: bulk}
	sink, err := c.sink(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	rep := newReport()
	im := &importer{sink: sink, report: rep, workers: 4, progress: func(int) {}}
	if err := im.run(ctx, files); err != nil {
		tb.Fatal(err)
	}
	if err := sink.close(); err != nil {
		tb.Fatal(err)
	}
	if rep.refused() > 0 {
		tb.Fatalf("refused: %v", rep.refusals[0])
	}
	total := 0
	for _, n := range rep.types {
		total += n
	}
	return total
}

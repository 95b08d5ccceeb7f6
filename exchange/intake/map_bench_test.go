package intake

import (
	"os"
	"strings"
	"testing"

	"concord/standard/hl7v2"
)

func BenchmarkMap(b *testing.B) {
	feed := Feed{Name: "bench", Trust: "R1K", Zone: london(b)}
	for _, name := range []string{"adt-a01", "oru-r01-labs"} {
		text, err := os.ReadFile("testdata/golden/" + name + ".txt")
		if err != nil {
			b.Fatal(err)
		}
		message, _, _ := strings.Cut(string(text), dashes)
		raw := []byte(strings.ReplaceAll(message, "\n", "\r"))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m, err := hl7v2.Parse(raw)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Map(m, feed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package audit

import "testing"

func FuzzCheckpoint(f *testing.F) {
	f.Add("concord\n8\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("\n-1\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		origin, h, err := parseCheckpoint(text)
		if err != nil {
			return
		}
		again, same, err := parseCheckpoint(checkpointText(origin, h))
		if err != nil || again != origin || same != h {
			t.Fatalf("%q is read as %q %+v, then as %q %+v %v", text, origin, h, again, same, err)
		}
	})
}

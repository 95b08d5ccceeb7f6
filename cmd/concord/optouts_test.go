package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestOptOutsAreReadAnew: a list that takes the place of the one at hand holds within
// seconds; one that cannot be read, or is half written, opts everybody out until it
// is put right.
func TestOptOutsAreReadAnew(t *testing.T) {
	name := filepath.Join(t.TempDir(), "opt-outs")
	now := time.Now()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
		now = now.Add(optOutEvery)
	}
	write("9990000018,\n")
	f := &optOutFile{name: name, now: func() time.Time { return now }}
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	is := func(when string, want, wrong bool) {
		t.Helper()
		if out, err := f.ask("9990000026"); out != want || (err != nil) != wrong {
			t.Errorf("%s: %v %v", when, out, err)
		}
	}
	is("at first", false, false)
	write("9990000018,\n9990000026,\n")
	is("added", true, false)
	write("9990000018,\n999000")
	is("half written", true, true)
	write("9990000018,\n")
	is("taken away", false, false)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	now = now.Add(optOutEvery)
	is("gone", false, true)
	write("9990000026\n")
	is("back", true, false)
}

package audit

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/record/access"
)

// alike tells whether two entries are filed under the same.
func alike(a, b *Entry) bool {
	said := func(e *Entry) (out []saying) {
		e.said(func(kind byte, value string) { out = append(out, saying{kind, value}) })
		return out
	}
	return slices.Equal(said(a), said(b))
}

// TestScanEntry: what is written is read as the general reader does; only words
// with escapes are left to it.
func TestScanEntry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9./_ -]{0,12}`), rapid.String())
		e := Entry{At: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0).UTC(), Who: word.Draw(t, "who"), Org: word.Draw(t, "org"), Role: access.Role(word.Draw(t, "role")),
			Purpose: access.Purpose(word.Draw(t, "purpose")), Reason: word.Draw(t, "reason"), Action: access.Action(word.Draw(t, "action")), Rule: word.Draw(t, "rule"),
			Allowed: rapid.Bool().Draw(t, "allowed"), Outcome: word.Draw(t, "outcome"), Records: rapid.SliceOfN(word, 0, 4).Draw(t, "records"),
			What: rapid.SliceOfN(word, 0, 3).Draw(t, "what"), Count: rapid.IntRange(0, 9999).Draw(t, "count"), Change: rapid.Int64Range(0, 1<<40).Draw(t, "change"), Message: word.Draw(t, "message")}
		text, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		want, err := decodePayload(text)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := scanEntry(string(text))
		if ok && !alike(got, &want) {
			t.Fatalf("%s\n got %+v\nwant %+v", text, got, want)
		}
		if !ok && !slices.Contains(text, '\\') {
			t.Fatalf("not read: %s", text)
		}
	})
}

func FuzzScanEntry(f *testing.F) {
	f.Add(`{"at":"2026-01-01T00:00:00Z","who":"x","purpose":"TREAT","action":"read","rule":"r","allowed":true,"records":["a","b"],"what":[],"count":3}`)
	f.Add(`{"who":"a","who":"b"}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := scanEntry(text)
		if !ok {
			return
		}
		if want, err := decodePayload([]byte(text)); err == nil && !alike(got, &want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

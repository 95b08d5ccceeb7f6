package person

import (
	"testing"

	"concord/standard/match"
)

// TestLately: a Patient is known as the change left it that wrote it last, by the
// same model, and not when that change was not kept.
func TestLately(t *testing.T) {
	var l Lately
	one, other := &Matcher{}, &Matcher{}
	l.Note(7, 100, one, &match.Subject{})
	for _, c := range []struct {
		pk, change int64
		by         *Matcher
		known      bool
	}{{7, 100, one, true}, {7, 101, one, false}, {7, 100, other, false}, {8, 100, one, false}} {
		if got := l.know(c.pk, c.change, c.by) != nil; got != c.known {
			t.Errorf("%d at %d: %v", c.pk, c.change, got)
		}
	}
	l.Forget(7)
	if l.know(7, 100, one) != nil {
		t.Error("what was not kept is known")
	}
	for pk := range int64(3 * mostLate) {
		l.Note(pk, 1, one, &match.Subject{})
	}
	if len(l.of) > mostLate {
		t.Errorf("%d are remembered", len(l.of))
	}
	var none *Lately
	none.Note(1, 1, one, &match.Subject{})
	none.Forget(1)
	if none.know(1, 1, one) != nil {
		t.Error("nil knows somebody")
	}
}

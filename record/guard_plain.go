package record

import (
	"maps"

	"concord/store"
)

// Most changes mark nothing: who writes one knows that, and the guard need not find it
// out. Without that the marks would be read anew every few transactions of a load.

// mostPlain bounds the changes that are remembered until the feed is followed past them.
const mostPlain = 1000

// marksNothing tells that all that a plan has written is new, and neither marked nor of a
// kind by which a patient is marked or comes to be one with another.
func (p *plan) marksNothing() bool {
	if p.carries || len(p.joins)+len(p.parts) > 0 || len(p.keys()) == 0 {
		return false
	}
	for _, dr := range p.drafts {
		if dr.idle() {
			continue
		}
		if dr.old != nil || dr.body == nil || dr.patient || dr.op.Type == "Consent" || len(dr.seals) > 0 || dr.body.Path("meta.security") != nil {
			return false
		}
	}
	return true
}

// plain takes note of a change that marks nothing, once it is kept: its number is no
// other's then.
func (g *guard) plain(change int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.plainly == nil || len(g.plainly) >= mostPlain {
		g.plainly = map[int64]bool{}
	}
	g.plainly[change] = true
}

// marking are the records to which the feed's lines have written what may mark somebody.
func (g *guard) marking(lines []store.Change) map[int64]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[int64]bool{}
	for _, c := range lines {
		if !g.plainly[c.Change] {
			out[c.Key.PK] = true
		}
	}
	return out
}

// passed forgets changes that the feed has been followed past. It is called with mu held.
func (g *guard) passed(upto int64) {
	maps.DeleteFunc(g.plainly, func(change int64, _ bool) bool { return change <= upto })
}

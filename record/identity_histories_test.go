package record_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"concord/record/access"
)

// perStore is how many histories share a store: what a clinician has claimed is read
// for each of their reads, and grows with the entries.
const perStore = 100

// TestHistoriesOfPersons: random histories of arrivals, deletions and returns, changes,
// joins, partings, moves, a trust's merges (in circles too), links and re-filings, and
// the undoing of each, agree with the simplest account of them at every step; and with
// everything taken back, everybody is who the model alone makes them.
// CONCORD_HISTORIES says how many; the long run has 10,000.
func TestHistoriesOfPersons(t *testing.T) {
	n := 300
	if s := os.Getenv("CONCORD_HISTORIES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if testing.Short() {
		n = 50
	}
	for first := 0; first < n; first += perStore {
		t.Run(strconv.Itoa(first), func(t *testing.T) {
			s := newStage(t)
			s.counted()
			for i := first; i < min(n, first+perStore); i++ {
				(&history{stage: s, r: rand.New(rand.NewPCG(42, uint64(i))), n: i, pairs: map[[2]int][]step{}, dead: map[int]bool{}, goesOn: map[[2]int]bool{}}).run()
			}
			s.clean()
		})
	}
}

func (h *history) run() {
	h.come()
	for range 4 + h.r.IntN(14) {
		switch h.r.IntN(9) {
		case 0, 1:
			if len(h.entries) < 7 {
				h.come()
			}
		case 2:
			h.change(h.r.IntN(len(h.entries)))
		case 3:
			h.file(h.r.IntN(len(h.entries)), h.r.IntN(len(h.entries)))
		case 4:
			if a := h.r.IntN(len(h.entries)); !h.dead[a] {
				h.leave(a)
			} else {
				h.comeBack(a)
			}
		case 5, 6:
			h.byTrust()
		default:
			h.do()
		}
		h.agree()
	}
	h.filed()
	h.takeAllBack()
	for a := range h.entries {
		for b := range h.entries {
			if one := h.personOf(h.entries[a]) == h.personOf(h.entries[b]); one != (h.who[a] == h.who[b]) {
				hist, _ := h.as(access.Steward).IdentityHistory(h.ctx, h.entries[a], h.entries[b])
				for _, d := range hist {
					h.t.Logf("%+v", d)
				}
				h.t.Logf("account %+v", h.pairs)
				h.t.Fatalf("history %d: with everything taken back, %d and %d are one: %v, after %q", h.n, a, b, one, h.told)
			}
		}
	}
	h.agree()
	h.filed()
}

// change gives somebody another telephone: the model looks at every pair again.
func (h *history) change(a int) {
	if h.dead[a] || h.waits(a) {
		return // it may be joined now, in an order that the account does not know
	}
	body := h.body(a)
	v := h.json(h.text(h.who[a], h.numbers[a], 1+h.r.IntN(9)))
	if links := body.All("link"); len(links) > 0 { // the sender still says so
		v = v.With("link", links)
	}
	h.update(h.feed(), h.entries[a], string(v.JSON()))
	for b := range h.entries {
		if h.who[b] == h.who[a] && b != a {
			h.model(a, b)
		}
	}
}

// takeAllBack brings everybody back and undoes what was said, the later before the
// earlier.
func (h *history) takeAllBack() {
	for a := range h.entries {
		if h.dead[a] {
			h.comeBack(a)
		}
	}
	for tries := 0; tries < 50; tries++ {
		for j := len(h.rulings) - 1; j >= 0; j-- {
			r := h.rulings[j]
			switch {
			case r.gone:
			case !r.trust:
				h.takeBack(j)
			default:
				h.trustTakesBack(j)
			}
		}
	}
}

// trustTakesBack undoes what a trust has said, when its word stands.
func (h *history) trustTakesBack(j int) {
	p := h.rulings[j].pairs[0]
	now := h.now(p[0], p[1])
	if now.ruling != j {
		return
	}
	switch {
	case h.trustSays(now):
		for _, k := range [][2]int{p, {p[1], p[0]}} {
			if h.goesOn[k] {
				h.unmergeOf(k)
				return
			}
		}
		h.tie(p[0], p[1], "apart")
	default: // it parted them: it says that they are one, and takes that back
		h.tie(p[0], p[1], "joined")
		if now := h.now(p[0], p[1]); h.trustSays(now) {
			h.tie(p[0], p[1], "apart")
		}
	}
}

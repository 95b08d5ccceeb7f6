package record_test

import (
	"fmt"
	"slices"

	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
)

// thing is what a trust has filed under an entry.
type thing struct {
	ref string
	at  int // the entry under which it belongs now
}

// word is what a human says of a pair: who is asked about after they were parted
// stays parted until somebody joins them.
func (h *history) word(a, b int, o person.Outcome, ruling int) step {
	now := h.now(a, b)
	return step{o, ruling, o == person.More && (now.outcome == person.Apart || now.parted)}
}

// feed is the trust that has all the entries.
func (h *history) feed() *record.Errand { return h.client("R1K") }

func (h *history) body(a int) *fhir.Value {
	h.t.Helper()
	it, err := h.feed().Read(h.ctx, "Patient", h.entries[a])
	if err != nil {
		h.t.Fatalf("history %d: %v, after %q", h.n, err, h.told)
	}
	return it.Resource.Without("id")
}

// byTrust has a trust say something of two or three entries.
func (h *history) byTrust() {
	a, b, c := h.r.IntN(len(h.entries)), h.r.IntN(len(h.entries)), h.r.IntN(len(h.entries))
	if h.dead[a] || h.dead[b] || h.dead[c] {
		return
	}
	switch h.r.IntN(6) {
	case 0:
		h.merge(a, b)
	case 1:
		h.mergeMessage(a, b)
	case 2:
		h.unmerge()
	case 3:
		h.tie(a, b, person.Joined)
	case 4:
		h.tie(a, b, person.Apart)
	case 5:
		h.rehome(a, b, c)
	}
}

func (h *history) expect(what string, err error, want string) {
	h.t.Helper()
	h.told = append(h.told, what+": "+want)
	if got := codeOf(err); got != want {
		h.t.Fatalf("history %d: %s: %q (%v), want %q, after %q", h.n, what, got, err, want, h.told)
	}
}

// merge is $merge.
func (h *history) merge(a, b int) {
	want := ""
	from := func(x int) bool {
		for k := range h.goesOn {
			if k[0] == x {
				return true
			}
		}
		return false
	}
	switch {
	case a == b:
		want = "merge.same"
	case h.goesOn[[2]int{a, b}]:
		want = "merge.done"
	case from(b):
		want = "merge.circle"
	case from(a):
		want = "merge.done"
	}
	_, err := h.feed().Merge(h.ctx, record.MergeAsked{Source: h.entries[a], Target: h.entries[b]})
	h.expect(fmt.Sprintf("$merge %d into %d", a, b), err, want)
	if want == "" {
		h.goesOn[[2]int{a, b}] = true
		h.trustJoins(a, b, false)
	}
}

// mergeMessage is A40, as the mapping writes it: nothing keeps senders from merging in
// a circle, or back.
func (h *history) mergeMessage(a, b int) {
	if a == b {
		return
	}
	from, into := "Patient/"+h.entries[a], "Patient/"+h.entries[b]
	old := fhir.WithLink(fhir.WithoutLink(h.body(a), into, "replaces").With("active", false), into, "replaced-by")
	survivor := h.body(b)
	if fhir.HasLink(survivor, from, "replaced-by") {
		survivor = fhir.WithoutLink(survivor, from, "replaced-by").With("active", true)
	}
	_, err := h.feed().Transact(h.ctx, []record.Op{
		{Kind: record.Update, Type: "Patient", ID: h.entries[a], Resource: old},
		{Kind: record.Update, Type: "Patient", ID: h.entries[b], Resource: fhir.WithLink(survivor, from, "replaces")},
	}, record.Commit{Joins: []record.Join{{From: h.entries[a], Into: h.entries[b]}}})
	h.expect(fmt.Sprintf("A40 %d into %d", a, b), err, "")
	delete(h.goesOn, [2]int{b, a})
	h.goesOn[[2]int{a, b}] = true
	h.trustJoins(a, b, false)
}

// unmerge takes back one of the merges that stand.
func (h *history) unmerge() {
	var all [][2]int
	for k := range h.goesOn {
		if !h.dead[k[0]] && !h.dead[k[1]] {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	h.unmergeOf(all[h.r.IntN(len(all))])
}

func (h *history) unmergeOf(k [2]int) {
	_, err := h.feed().Merge(h.ctx, record.MergeAsked{Source: h.entries[k[0]], Target: h.entries[k[1]], Undo: true})
	h.expect(fmt.Sprintf("$unmerge %d from %d", k[0], k[1]), err, "")
	delete(h.goesOn, k)
	now := h.now(k[0], k[1])
	if h.trustSays(now) && !h.rulings[now.ruling].link {
		h.undone(now.ruling)
	}
}

// tie is A24, or A37.
func (h *history) tie(a, b int, o person.Outcome) {
	if a == b {
		return
	}
	pair, what := []record.Join{{From: h.entries[a], Into: h.entries[b], Link: true}}, "A24"
	commit := record.Commit{Joins: pair}
	if o == person.Apart {
		commit, what = record.Commit{Parts: pair}, "A37"
	}
	want := ""
	if o == person.Apart && !h.trustSays(h.now(a, b)) && h.stillOne(a, b) {
		want = "person.still-one"
	}
	_, err := h.feed().Transact(h.ctx, []record.Op{{Kind: record.Update, Type: "Patient", ID: h.entries[a], Resource: h.body(a)}}, commit)
	h.expect(fmt.Sprintf("%s %d %d", what, a, b), err, want)
	switch {
	case want != "":
	case o == person.Apart:
		h.trustParts(a, b)
	default:
		h.trustJoins(a, b, true)
	}
}

// rehome is A43: an entry stood under the wrong other, and belongs with a third.
func (h *history) rehome(a, b, c int) {
	if a == b || a == c || b == c || !h.trustSays(h.now(a, b)) && h.stillOne(a, b) {
		return // refused as A37 is
	}
	_, err := h.feed().Transact(h.ctx, []record.Op{{Kind: record.Update, Type: "Patient", ID: h.entries[a], Resource: h.body(a)}},
		record.Commit{Parts: []record.Join{{From: h.entries[a], Into: h.entries[b]}}, Joins: []record.Join{{From: h.entries[a], Into: h.entries[c], Link: true}}})
	h.expect(fmt.Sprintf("A43 %d from %d to %d", a, b, c), err, "")
	h.trustParts(a, b)
	h.trustJoins(a, c, true)
}

// trustSays tells a trust's word that two are one, whether a steward is asked about it
// or not.
func (h *history) trustSays(s step) bool {
	return s.ruling >= 0 && h.rulings[s.ruling].trust && (s.outcome == person.Joined || s.outcome == person.More)
}

// trustJoins is what comes of a trust's word that two are one. Its own word to the
// contrary is over; against another's word a steward is asked. A merge and a link are
// two words: each is taken back by itself.
func (h *history) trustJoins(a, b int, link bool) {
	if now := h.now(a, b); now.ruling >= 0 && h.rulings[now.ruling].trust && now.outcome == person.Apart {
		h.undone(now.ruling)
	}
	now, one, two := h.now(a, b), h.group(a), h.group(b)
	o := person.Joined
	switch said := h.trustSays(now) && h.rulings[now.ruling].link == link; {
	case said, now.settled() && !h.trustSays(now) && slices.Contains(one, b):
		return
	case !slices.Contains(one, b) && h.parted(one, two, false):
		o = person.More
	}
	h.trustWord(a, b, o, link)
}

func (h *history) trustParts(a, b int) {
	if !h.trustSays(h.now(a, b)) {
		h.trustWord(a, b, person.Apart, false)
		return
	}
	for h.trustSays(h.now(a, b)) {
		h.undone(h.now(a, b).ruling)
	}
}

func (h *history) trustWord(a, b int, o person.Outcome, link bool) {
	around := append(h.group(a), h.group(b)...)
	h.say(a, b, h.word(a, b, o, len(h.rulings)))
	h.rulings = append(h.rulings, past{pairs: [][2]int{pairOf(a, b)}, trust: true, link: link})
	h.release(append(append(around, h.group(a)...), h.group(b)...))
}

// leave deletes an entry; comeBack writes it again.
func (h *history) leave(a int) {
	if h.dead[a] || slices.ContainsFunc(h.things, func(x thing) bool { return x.at == a }) {
		return
	}
	for k := range h.goesOn {
		if k[0] == a || k[1] == a {
			return // it is referred to
		}
	}
	h.delete(h.feed(), "Patient", h.entries[a])
	h.told = append(h.told, fmt.Sprintf("%d is deleted", a))
	for b := range h.entries {
		if now := h.now(a, b); b != a && now.ruling < 0 && (now.outcome == person.Joined || now.outcome == person.Possible) {
			h.say(a, b, step{person.Open, -1, false})
		}
	}
	h.dead[a] = true
}

func (h *history) comeBack(a int) {
	h.update(h.feed(), h.entries[a], h.text(h.who[a], h.numbers[a], 0))
	h.told = append(h.told, fmt.Sprintf("%d is back", a))
	delete(h.dead, a)
	for b := range h.entries {
		if h.who[b] == h.who[a] && b != a {
			h.model(a, b)
		}
	}
}

// file records something under an entry, or moves all that lies there (A43, A44).
func (h *history) file(a, b int) {
	if h.dead[a] || h.dead[b] {
		return
	}
	if a == b || len(h.things) == 0 {
		res := h.create(h.feed(), `{"resourceType":"Observation","status":"final","code":{"text":"Hb"},"subject":{"reference":"Patient/`+h.entries[a]+`"}}`)
		h.things = append(h.things, thing{"Observation/" + res.ID, a})
		return
	}
	ops, err := h.feed().Refile(h.ctx, record.RefileAsked{From: h.entries[a], Into: h.entries[b], Why: "filed under the wrong number"})
	if err == nil && len(ops) > 0 {
		_, err = h.feed().Transact(h.ctx, ops, record.Commit{})
	}
	h.expect(fmt.Sprintf("all under %d moves to %d", a, b), err, "")
	for i := range h.things {
		if h.things[i].at == a {
			h.things[i].at = b
		}
	}
}

// filed holds what was filed against the account: each is once, under its entry, and
// found by the id that it had at first.
func (h *history) filed() {
	h.t.Helper()
	for _, x := range h.things {
		it, err := h.feed().Read(h.ctx, "Observation", x.ref[len("Observation/"):])
		if err != nil || it.Resource.StrAt("subject.reference") != "Patient/"+h.entries[x.at] || it.Resource.StrAt("status") != "final" {
			h.t.Fatalf("history %d: %s is not under %d: %v, after %q", h.n, x.ref, x.at, err, h.told)
		}
	}
	for a := range h.entries {
		if h.dead[a] || len(h.things) == 0 {
			continue
		}
		want := 0
		for _, x := range h.things {
			if x.at == a {
				want++
			}
		}
		h.attend(h.entries[a]) // a claim was of the person whose entry it was then
		c, err := h.as(access.Clinician).Chart(h.ctx, h.entries[a], record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}})
		if err != nil || len(c.Sections[0]) != want {
			h.t.Fatalf("history %d: the chart of %d has %d of %d, withheld %v, %v, after %q", h.n, a, len(c.Sections[0]), want, c.Withheld, err, h.told)
		}
	}
}

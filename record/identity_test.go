package record_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
)

// history is one random life of a few entries, beside the simplest account of
// what should come of it.
type history struct {
	*stage
	r       *rand.Rand
	n       int
	entries []string // ids
	homes   []string // the person that each was when it came, "" when it came into another
	who     []int    // entries with one number are copies of one person's demographics
	pairs   map[[2]int][]step
	rulings []past
	told    []string     // what was done, for who looks into a failure
	dead    map[int]bool // entries that are deleted
	goesOn  map[[2]int]bool
	things  []thing
	numbers []string // hospital numbers
}

// step is what stands on a pair, with the ruling that said so.
type step struct {
	outcome person.Outcome
	ruling  int  // -1 = the model
	parted  bool // asked about again, after somebody had parted them
}

// settled tells whether a human has the last word.
func (s step) settled() bool { return s.ruling >= 0 && s.outcome != person.Open }

type past struct {
	id    string // "" = a trust's
	pairs [][2]int
	gone  bool
	trust bool
	link  bool // of a trust: A24, not a merge
}

func pairOf(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

func (h *history) now(a, b int) step {
	list := h.pairs[pairOf(a, b)]
	if len(list) == 0 {
		return step{"", -1, false}
	}
	return list[len(list)-1]
}

func (h *history) say(a, b int, s step) {
	h.pairs[pairOf(a, b)] = append(h.pairs[pairOf(a, b)], s)
}

// group is who an entry is one person with.
func (h *history) group(a int) []int {
	list := []int{a}
	for i := 0; i < len(list); i++ {
		for b := range h.entries {
			if !slices.Contains(list, b) && h.now(list[i], b).outcome == person.Joined {
				list = append(list, b)
			}
		}
	}
	slices.Sort(list)
	return list
}

// parted tells whether two are parted of these. A steward alone may go on when one
// was asked about again.
func (h *history) parted(a, b []int, steward bool) bool {
	for _, x := range a {
		for _, y := range b {
			if now := h.now(x, y); now.outcome == person.Apart || now.parted && !steward {
				return true
			}
		}
	}
	return false
}

// model is what the model says of a pair: copies are certainly one.
func (h *history) model(a, b int) {
	if h.dead[a] || h.dead[b] || h.now(a, b).settled() {
		return
	}
	s := step{person.Open, -1, false}
	if h.who[a] == h.who[b] {
		s.outcome = person.Joined
		one := h.group(a)
		if !slices.Contains(one, b) && h.parted(one, h.group(b), false) {
			s.outcome = person.Possible
		}
	}
	h.say(a, b, s)
}

// come brings an entry: somebody new, or a copy of somebody.
func (h *history) come() {
	who := len(h.entries)
	if who > 0 && h.r.IntN(3) == 0 {
		who = h.who[h.r.IntN(len(h.entries))]
	}
	h.fresh++
	number := fmt.Sprintf("%06d%06d", h.fresh, 999999-h.fresh)
	id := h.create(h.client("R1K"), h.text(who, number, 0)).ID
	h.numbers = append(h.numbers, number)
	at := len(h.entries)
	h.entries, h.who = append(h.entries, id), append(h.who, who)
	h.told = append(h.told, fmt.Sprintf("%d comes, person %d", at, who))
	for b := range at {
		if h.who[b] == who {
			h.model(at, b)
		}
	}
	home := ""
	if len(h.group(at)) == 1 {
		home = h.personOf(id)
	}
	h.homes = append(h.homes, home)
}

// text is a Patient of one person; telling them apart is not in question here.
func (h *history) text(who int, number string, change int) string {
	n := h.n*100 + who
	letters := func(n int) string { return strconv.FormatInt(int64(n)*7919+12345, 26) }
	word, phone := "", ""
	if change > 0 {
		phone = fmt.Sprintf(`,"telecom":[{"system":"phone","value":"000 5555 120%d"}]`, change)
	}
	for _, c := range letters(n) {
		if c >= '0' && c <= '9' {
			c += 'q' - '0'
		}
		word += string(c)
	}
	born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n*37%30000).Format("2006-01-02")
	return fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"%s"}],"name":[{"family":"%s","given":["%s"]}],`+
		`"gender":"female","birthDate":"%s","address":[{"line":["%d %s Road"],"postalCode":"UB%d %dXK"}]%s}`,
		number, "x"+word+"son", word+"a", born, n%90+1, word, n%9+1, n%8+1, phone)
}

// do rules, and expects what the account says of it.
func (h *history) do() {
	a, b := h.r.IntN(len(h.entries)), h.r.IntN(len(h.entries))
	if h.dead[a] || h.dead[b] {
		return
	}
	ask := record.IdentityRuling{A: h.entries[a], B: h.entries[b], Why: "test"}
	want, pairs := "", map[[2]int]person.Outcome{}
	one, two := h.group(a), h.group(b)
	join := func(one, two []int) {
		for _, x := range one {
			for _, y := range two {
				pairs[pairOf(x, y)] = person.Joined
			}
		}
	}
	same := slices.Contains(one, b)
	others := slices.DeleteFunc(slices.Clone(one), func(x int) bool { return x == a })
	switch h.r.IntN(7) {
	case 6:
		ask.Verb = person.NeedMore
		if same {
			want = "person.one"
		}
		pairs[pairOf(a, b)] = person.More
	case 0, 1:
		ask.Verb = person.Join
		switch {
		case same:
			want = "person.one"
		case h.parted(one, two, true):
			want = "person.parted"
		default:
			join(one, two)
		}
	case 2:
		ask.Verb = person.Part
		pairs[pairOf(a, b)] = person.Apart
		if a == b {
			want = "person.one"
		} else if h.stillOne(a, b) {
			want = "person.still-one"
		}
	case 3:
		ask.Verb, ask.B = person.Unlink, ""
		if len(others) == 0 {
			want = "person.alone"
		}
		for _, x := range others {
			pairs[pairOf(a, x)] = person.Apart
		}
	case 4:
		ask.Verb = person.Move
		switch {
		case len(others) == 0:
			want = "person.alone"
		case same && a != b:
			want = "person.one"
		case a == b:
			want = "person.one"
		case h.parted([]int{a}, two, true):
			want = "person.parted"
		default:
			for _, x := range others {
				pairs[pairOf(a, x)] = person.Apart
			}
			join([]int{a}, two)
		}
	case 5:
		h.takeBack(h.r.IntN(len(h.rulings) + 1))
		return
	}
	out, err := h.as(access.Steward).Rule(h.ctx, ask)
	h.told = append(h.told, fmt.Sprintf("%s %d %d: %s", ask.Verb, a, b, want))
	if got := codeOf(err); got != want {
		h.t.Fatalf("history %d: %s of %d and %d: %q, want %q", h.n, ask.Verb, a, b, got, want)
	}
	if want != "" {
		return
	}
	p := past{id: out.ID}
	around := append(h.group(a), h.group(b)...)
	if ask.B == "" {
		around = h.group(a)
	}
	for pair, outcome := range pairs {
		p.pairs = append(p.pairs, pair)
		h.say(pair[0], pair[1], h.word(pair[0], pair[1], outcome, len(h.rulings)))
	}
	h.rulings = append(h.rulings, p)
	around = append(around, h.group(a)...)
	if ask.B != "" {
		around = append(around, h.group(b)...)
	}
	h.release(around)
}

// release looks again at the pairs of entries that were held for the sake of
// somebody who may be out of the way now.
func (h *history) release(around []int) {
	held := map[[2]int]bool{}
	for _, a := range around {
		for b := range h.entries {
			if now := h.now(a, b); now.outcome == person.Possible && now.ruling < 0 {
				held[pairOf(a, b)] = true
			}
		}
	}
	list := slices.Collect(maps.Keys(held))
	slices.SortFunc(list, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, p := range list {
		h.model(p[0], p[1])
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

// stillOne tells whether two are tied together without their own tie.
func (h *history) stillOne(a, b int) bool {
	key := pairOf(a, b)
	list := h.pairs[key]
	h.pairs[key] = append(slices.Clone(list), step{person.Apart, -1, false})
	defer func() { h.pairs[key] = list }()
	return slices.Contains(h.group(a), b)
}

// takeBack undoes a ruling; it is refused when a pair was decided anew since.
func (h *history) takeBack(i int) {
	if i >= len(h.rulings) {
		return
	}
	r := &h.rulings[i]
	if r.trust {
		return
	}
	want := ""
	if r.gone {
		want = "person.changed"
	}
	for _, p := range r.pairs {
		if h.now(p[0], p[1]).ruling != i {
			want = "person.changed"
		}
	}
	_, err := h.as(access.Steward).Rule(h.ctx, record.IdentityRuling{Verb: person.TakeBack, Of: r.id})
	h.told = append(h.told, fmt.Sprintf("take back %d: %s", i, want))
	if got := codeOf(err); got != want {
		h.t.Fatalf("history %d: taking back ruling %d: %q, want %q", h.n, i, got, want)
	}
	if want == "" {
		h.undone(i)
	}
}

// undone is what the account makes of a ruling taken back.
func (h *history) undone(i int) {
	r := &h.rulings[i]
	r.gone = true
	var around []int
	for _, p := range r.pairs {
		around = append(append(around, h.group(p[0])...), h.group(p[1])...)
	}
	var again [][2]int
	for _, p := range r.pairs {
		list := h.pairs[p]
		first := slices.IndexFunc(list, func(s step) bool { return s.ruling == i })
		if first > 0 && list[first-1].ruling >= 0 {
			h.say(p[0], p[1], list[first-1])
			continue
		}
		h.say(p[0], p[1], step{person.Open, -1, false})
		again = append(again, p)
	}
	slices.SortFunc(again, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, p := range again {
		h.model(p[0], p[1])
	}
	for _, p := range r.pairs {
		around = append(append(around, h.group(p[0])...), h.group(p[1])...)
	}
	h.release(around)
}

// waits tells whether a pair of an entry is held, since it would have brought
// together what was parted.
func (h *history) waits(a int) bool {
	for b := range h.entries {
		if h.now(a, b).outcome == person.Possible {
			return true
		}
	}
	return false
}

// agree holds the persons against the account: who is one with whom, that the
// oldest id stays, and that every other leads there.
func (h *history) agree() {
	h.t.Helper()
	ids := make([]string, len(h.entries))
	for i, e := range h.entries {
		if !h.dead[i] {
			ids[i] = h.personOf(e)
		}
	}
	for a := range h.entries {
		if h.dead[a] {
			continue
		}
		group := h.group(a)
		for b := range h.entries {
			if h.dead[b] {
				continue
			}
			if (ids[a] == ids[b]) != slices.Contains(group, b) {
				h.t.Fatalf("history %d: %d and %d are one: %v, after %q", h.n, a, b, ids[a] == ids[b], h.told)
			}
		}
		if h.homes[a] == "" {
			continue
		}
		it, err := h.as(access.Clinician).Read(h.ctx, "Patient", h.homes[a])
		if err != nil || it.ID != ids[a] {
			h.t.Fatalf("history %d: the first id of %d leads to %v, not to its person: %v", h.n, a, it, err)
		}
	}
}

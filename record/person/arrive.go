package person

import (
	"context"
	"fmt"
	"slices"
	"time"

	"concord/fault"
	"concord/standard/match"
	"concord/store"
)

// Arrival is an entry whose demographics were written, with what it was
// compared with on an earlier snapshot.
type Arrival struct {
	Key        store.Key
	Subject    match.Subject
	Fresh      int64 // a key that nobody has used, to be its person if it has none
	Candidates []Candidate
}

// maxPerson is how many entries may come to be one person without a steward: a
// human has a handful, a placeholder has hundreds.
const maxPerson = 40

// maxAsked is how many pairs of one arrival a steward is asked about, the likeliest
// first.
const maxAsked = 8

// maxMissed is how many changes since the snapshot are looked at; beyond them
// the arrival is planned anew. It is far above what twenty writers of large
// bundles do meanwhile: planning anew costs more than looking.
const maxMissed = 50_000

// Arrive places entries: each is joined with those that are certainly the same
// person, and a steward is asked about those that may be. since is the change
// number of the snapshot of their candidates; what came later is looked at here,
// so that two that arrive together find each other; -1 says that nothing came.
// Errors: Conflict "record.raced" when too much has changed since.
func (x Index) Arrive(ctx context.Context, tx store.Tx, arrivals []Arrival, since int64) error {
	if len(arrivals) == 0 {
		return nil
	}
	w := x.begin(ctx, tx)
	for i := range arrivals {
		w.subjects[arrivals[i].Key.PK] = &arrivals[i].Subject
		mine, err := tx.PersonOf(ctx, arrivals[i].Key.PK, time.Time{})
		if err != nil {
			return err
		}
		w.fresh[arrivals[i].Key.PK] = mine == 0
	}
	if err := w.meanwhile(arrivals, since); err != nil {
		return err
	}
	together(w.Match, arrivals)
	for i := range arrivals {
		if err := w.arrive(&arrivals[i]); err != nil {
			return err
		}
	}
	if err := w.settle(); err != nil {
		return err
	}
	for _, a := range arrivals { // who was joined with nobody is a person of one
		if !w.fresh[a.Key.PK] || w.moved[a.Key.PK] {
			continue
		}
		if err := tx.SetLink(ctx, a.Key.PK, a.Fresh); err != nil {
			return err
		}
	}
	return w.keep()
}

// meanwhile compares arrivals with Patients that were written after their
// candidates were looked for.
func (w *work) meanwhile(arrivals []Arrival, since int64) error {
	if since < 0 { // nothing came
		return nil
	}
	changes, err := w.tx.Changes(w.ctx, since, maxMissed)
	if err != nil {
		return err
	}
	changes = slices.DeleteFunc(changes, func(c store.Change) bool { return c.Change == w.tx.Change() })
	if len(changes) >= maxMissed {
		return fault.New(fault.Conflict, "record.raced", "too much has changed meanwhile")
	}
	own, last := map[store.Key]bool{}, map[store.Key]int64{}
	for i := range arrivals {
		own[arrivals[i].Key] = true
	}
	var order []store.Key
	for _, c := range changes {
		if k := c.Key; k == PatientKey(k.PK) && !own[k] {
			if last[k] == 0 {
				order = append(order, k)
			}
			last[k] = c.Change
		}
	}
	found, err := w.asWritten(order, last)
	if err != nil {
		return err
	}
	order = slices.DeleteFunc(order, func(k store.Key) bool { return found[k] == nil })
	subjects := make([]*match.Subject, len(order)) // each is compared with each
	for i, k := range order {
		subjects[i] = found[k]
	}
	for i := range arrivals {
		a := &arrivals[i]
		a.Candidates = slices.DeleteFunc(a.Candidates, func(c Candidate) bool { return last[c.Key] != 0 })
		for i, k := range order {
			a.consider(w.Match, k, subjects[i])
		}
	}
	return nil
}

// asWritten is what Patients are matched by that changes have written, by the last
// of each; those that are deleted are left out.
func (w *work) asWritten(keys []store.Key, last map[store.Key]int64) (map[store.Key]*match.Subject, error) {
	found := make(map[store.Key]*match.Subject, len(keys))
	var unknown []store.Key
	for _, k := range keys {
		if s := w.Lately.know(k.PK, last[k], w.Match); s != nil {
			found[k] = s
		} else {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 {
		entries, err := w.Load(w.ctx, w.tx, unknown)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			s := w.Match.Subject(e.Patient)
			found[e.Key] = &s
		}
	}
	for k, s := range found {
		w.subjects[k.PK] = s
	}
	return found, nil
}

// consider adds a candidate if it shares a block and may be the person.
func (a *Arrival) consider(m *Matcher, k store.Key, s *match.Subject) {
	if k == a.Key || match.FirstShared(&a.Subject, s) < 0 {
		return
	}
	if v := m.Judge(&a.Subject, s); near(v) {
		a.Candidates = append(a.Candidates, Candidate{Key: k, Subject: *s, Verdict: v})
	}
}

// together compares the arrivals of one transaction with each other.
func together(m *Matcher, arrivals []Arrival) {
	type block struct {
		rule int
		key  uint32
	}
	blocks := map[block][]int{}
	for i := range arrivals {
		seen := map[int]bool{}
		for rule, key := range arrivals[i].Subject.Keys() {
			if key == 0 {
				continue
			}
			b := block{rule, key}
			if list := blocks[b]; len(list) < maxBlock {
				for _, j := range list {
					if !seen[j] {
						seen[j] = true
						arrivals[i].consider(m, arrivals[j].Key, &arrivals[j].Subject)
						arrivals[j].consider(m, arrivals[i].Key, &arrivals[i].Subject)
					}
				}
				blocks[b] = append(list, i)
			}
		}
	}
}

// arrive decides on every pair of one entry: those it was compared with, and
// those on which something was decided before.
func (w *work) arrive(a *Arrival) error {
	pk := a.Key.PK
	n, err := w.node(pk)
	if err != nil {
		return err
	}
	list := slices.Clone(a.Candidates)
	for _, t := range slices.Clone(n.Pairs) {
		if slices.ContainsFunc(list, func(c Candidate) bool { return c.Key.PK == t.To }) {
			continue
		}
		s, err := w.subject(t.To)
		if err != nil {
			return err
		}
		if s != nil {
			list = append(list, Candidate{Key: PatientKey(t.To), Subject: *s, Verdict: w.Match.Judge(&a.Subject, s)})
		}
	}
	if list, err = w.uncrowd(w.ctx, w.tx, a.Key, &a.Subject, list, w.Match.Judge, func(c Candidate) bool { return n.has(c.Key.PK) >= 0 }); err != nil {
		return err
	}
	for i := range list {
		if err := w.uphold(pk, &list[i]); err != nil {
			return err
		}
	}
	Sort(list)
	// What no longer holds goes first, so that it does not stand in the way.
	for _, c := range list {
		if c.Verdict.Grade != match.Certain {
			if err := w.judge(pk, c, true); err != nil {
				return err
			}
		}
	}
	if err := w.rival(pk, list); err != nil {
		return err
	}
	if w.beyond, err = w.unasked(pk, list); err != nil {
		return err
	}
	defer func() { w.beyond = 0 }()
	asked := 0
	for i := range list {
		c := list[i]
		w.subjects[c.Key.PK] = &list[i].Subject
		if c.Verdict.Grade != match.Certain && w.Match.asks(c.Verdict) {
			asked++
		}
		if err := w.judge(pk, c, asked > maxAsked); err != nil {
			return err
		}
	}
	return nil
}

// unasked counts the pairs that a steward would be asked about if likelier ones were
// fewer; those on which something was decided before are looked at anyway.
func (w *work) unasked(pk int64, list []Candidate) (beyond int, err error) {
	n, err := w.node(pk)
	if err != nil {
		return 0, err
	}
	asked := 0
	for _, c := range list {
		if c.Verdict.Grade == match.Certain || !w.Match.asks(c.Verdict) {
			continue
		}
		if asked++; asked > maxAsked && n.has(c.Key.PK) < 0 {
			beyond++
		}
	}
	return beyond, nil
}

// judge lets the model decide on a pair, unless a human has. With known, only
// a pair on which something was decided before is looked at.
func (w *work) judge(pk int64, c Candidate, known bool) error {
	n, err := w.node(pk)
	if err != nil {
		return err
	}
	if known && n.has(c.Key.PK) < 0 {
		return nil
	}
	p, err := loadPair(w.ctx, w.tx, pk, c.Key.PK)
	if err != nil {
		return err
	}
	if err := w.uphold(pk, &c); err != nil {
		return err
	}
	now := p.Now()
	if now.settled() || now.By == Before && worth(c.Verdict) {
		return nil
	}
	d := Decision{Outcome: Open, By: ByModel, Who: w.who, Rival: c.claim == rivalled}
	d.say(w.Match.Name, c.Verdict)
	switch {
	case c.Verdict.Grade == match.Certain:
		d.Outcome = Joined
		if now.Outcome != Joined {
			if d.Held, err = w.hostile(pk, c.Key.PK); err != nil {
				return err
			}
		}
		if d.Held || w.propose {
			d.Outcome = Possible
		}
	case w.Match.asks(c.Verdict):
		d.Outcome, d.Beyond = Possible, w.beyond
	}
	if d.Outcome == Open && (now.Outcome == "" || now.Outcome == Open) || sameDecision(now, d) {
		return nil
	}
	return w.decide(p, d)
}

func sameDecision(a, b Decision) bool {
	return a.Outcome == b.Outcome && a.By == b.By && a.Model == b.Model && a.Pattern == b.Pattern && a.Weight == b.Weight && a.Guards == b.Guards && a.Claim == b.Claim && a.Held == b.Held && a.Rival == b.Rival
}

// hostile tells whether for the model to join two entries would make one person of two
// that must not be: two valid NHS numbers, one number on two people, or a pair that
// a human has parted.
func (w *work) hostile(a, b int64) (bool, error) {
	one, err := w.group(a)
	if err != nil {
		return false, err
	}
	if slices.Contains(one, b) {
		return false, nil
	}
	two, err := w.group(b)
	if err != nil {
		return false, err
	}
	if len(one)+len(two) > maxPerson {
		return true, nil
	}
	for _, x := range one {
		for _, y := range two {
			if bad, err := w.against(x, y, ByModel); bad || err != nil {
				return bad, err
			}
		}
	}
	return false, nil
}

// against tells whether two entries must not be of one person for the one who joins.
// Humans may overrule numbers, and a steward goes on with a pair that was parted and is
// asked about again.
func (w *work) against(x, y int64, by Maker) (bool, error) {
	n, err := w.node(x)
	if err != nil {
		return false, err
	}
	if i := n.has(y); i >= 0 && (n.Pairs[i].Outcome == Apart || n.Pairs[i].Parted && by != BySteward) {
		return true, nil
	}
	if by != ByModel {
		return false, nil
	}
	s, err := w.subject(x)
	if err != nil || s == nil {
		return false, err
	}
	t, err := w.subject(y)
	if err != nil || t == nil {
		return false, err
	}
	return w.Match.Judge(s, t).Guards&match.Conflicts != 0, nil
}

// rulingID numbers what one transaction rules, the newest first.
func (w *work) rulingID(n int) string { return fmt.Sprintf("%015x%03x", 1<<59-w.tx.Change(), 4095-n) }

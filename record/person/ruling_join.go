package person

import (
	"slices"

	"concord/fault"
)

// join ties, as a steward has it, every entry of one side's persons to every
// entry of the other's, so that what is later parted from one stays with the
// rest.
func (w *work) join(r *Ruling, a, b []int64) error {
	one, err := w.groups(a)
	if err != nil {
		return err
	}
	two, err := w.groups(b)
	if err != nil {
		return err
	}
	same := slices.ContainsFunc(one, func(pk int64) bool { return slices.Contains(two, pk) })
	if same && r.By != ByTrust {
		return fault.New(fault.Conflict, "person.one", "these are one person already")
	}
	if len(one)*len(two) > maxRuled {
		return fault.New(fault.Invalid, "person.ruling", "the two persons have too many entries to be joined at once")
	}
	parted := false
	if !same {
		if parted, err = w.anyAgainst(one, two, r.By); err != nil {
			return err
		}
	}
	if r.By == ByTrust { // it speaks of its two numbers, and of nobody else's
		return w.joinByTrust(r, a[0], b[0], same, parted)
	}
	if parted {
		return fault.New(fault.Conflict, "person.parted", "a steward has said that two of these entries are not the same person; take that back first")
	}
	for _, x := range one {
		for _, y := range two {
			if err := w.say(r, x, y, Joined); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) anyAgainst(one, two []int64, by Maker) (bool, error) {
	for _, x := range one {
		for _, y := range two {
			if against, err := w.against(x, y, by); against || err != nil {
				return against, err
			}
		}
	}
	return false, nil
}

// joinByTrust keeps a trust's word on two entries, also when they are one already, so
// that they stay one whatever the model comes to think. Who is right is for a steward
// where somebody has parted them. Said again it is one word; a merge and a link are two.
func (w *work) joinByTrust(r *Ruling, a, b int64, same, parted bool) error {
	p, err := loadPair(w.ctx, w.tx, a, b)
	if err != nil || a == b {
		return err
	}
	now := p.Now()
	if now.joinsByTrust() {
		of, err := FindRuling(w.ctx, w.tx, now.Ruling)
		if err != nil || of.Link == r.Link {
			return err
		}
	} else if now.settled() && same {
		return nil
	}
	if parted {
		return w.say(r, a, b, More)
	}
	return w.say(r, a, b, Joined)
}

func (w *work) groups(entries []int64) ([]int64, error) {
	var all []int64
	for _, pk := range entries {
		g, err := w.group(pk)
		if err != nil {
			return nil, err
		}
		for _, e := range g {
			if !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	return all, nil
}

func (w *work) part(r *Ruling) error {
	for _, x := range r.A {
		for _, y := range r.B {
			if x == y {
				return fault.New(fault.Conflict, "person.one", "this is one entry")
			}
			if err := w.say(r, x, y, Apart); err != nil {
				return err
			}
		}
	}
	one, err := w.groups(r.A)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(r.B, func(pk int64) bool { return slices.Contains(one, pk) }) {
		return fault.New(fault.Conflict, "person.still-one", "other entries of their person tie these two together; unlink one of them instead")
	}
	return nil
}

func (w *work) needMore(r *Ruling) error {
	one, err := w.groups(r.A)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(r.B, func(pk int64) bool { return slices.Contains(one, pk) }) {
		return fault.New(fault.Conflict, "person.one", "these are one person already")
	}
	return w.say(r, r.A[0], r.B[0], More)
}

// unlink parts each entry from all others of its person.
func (w *work) unlink(r *Ruling) error {
	for _, pk := range r.A {
		others, err := w.group(pk)
		if err != nil {
			return err
		}
		others = slices.DeleteFunc(others, func(o int64) bool { return slices.Contains(r.A, o) })
		if len(others) == 0 {
			return fault.New(fault.Conflict, "person.alone", "the entry is the only one of its person")
		}
		if r.Verb == Move && slices.ContainsFunc(r.B, func(b int64) bool { return slices.Contains(others, b) }) {
			return fault.New(fault.Conflict, "person.one", "the entry is of that person already")
		}
		for _, o := range others {
			if err := w.say(r, pk, o, Apart); err != nil {
				return err
			}
		}
	}
	return nil
}

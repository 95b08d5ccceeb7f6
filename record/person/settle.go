package person

import (
	"math"
	"slices"
	"time"

	"concord/fault"
)

// group lists the entries that an entry is tied to, itself included, in order.
func (w *work) group(pk int64) ([]int64, error) {
	seen := map[int64]bool{pk: true}
	list := []int64{pk}
	for i := 0; i < len(list); i++ {
		n, err := w.node(list[i])
		if err != nil {
			return nil, err
		}
		for _, t := range n.Pairs {
			if t.Outcome == Joined && !seen[t.To] {
				seen[t.To] = true
				list = append(list, t.To)
			}
		}
	}
	slices.Sort(list)
	return list, nil
}

// isEntry tells a trust's entry from a person's key.
func (w *work) isEntry(pk int64) (bool, error) {
	_, err := w.tx.Get(w.ctx, PatientKey(pk))
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// adopt ties an entry that was joined before decisions were kept to the others
// of its person. An entry that was joined since has a node of its own.
func (w *work) adopt(pk int64) error {
	mine, err := w.tx.PersonOf(w.ctx, pk, time.Time{})
	if err != nil || mine == 0 {
		return err
	}
	members, err := w.tx.Members(w.ctx, mine, time.Time{})
	if err != nil || len(members) < 2 {
		return err
	}
	for _, other := range members {
		if other == pk {
			continue
		}
		entry, err := w.isEntry(other)
		if err != nil {
			return err
		}
		if !entry {
			continue
		}
		p, err := loadPair(w.ctx, w.tx, pk, other)
		if err != nil {
			return err
		}
		if len(p.Decisions) > 0 {
			continue
		}
		if err := w.decide(p, Decision{Outcome: Joined, By: Before}); err != nil {
			return err
		}
	}
	return nil
}

// settle gives every entry that may have moved, and those with it, the person
// that their ties make: the oldest home of the group. Every other home of the
// group redirects there.
func (w *work) settle() error {
	if len(w.moved) == 0 {
		return nil
	}
	entries, former, err := w.affected()
	if err != nil {
		return err
	}
	ids, homes, done := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	for _, pk := range entries {
		if done[pk] {
			continue
		}
		group, err := w.group(pk)
		if err != nil {
			return err
		}
		id, own, err := w.identify(group, entries)
		if err != nil {
			return err
		}
		ids[id] = true
		for _, h := range own {
			homes[h] = true
		}
		for _, e := range group {
			done[e] = true
		}
		if err := w.link(group, own, id); err != nil {
			return err
		}
	}
	return w.redirect(former, homes, ids)
}

// link makes a group one person.
func (w *work) link(group, homes []int64, id int64) error {
	for _, e := range group {
		if err := w.tx.SetLink(w.ctx, e, id); err != nil {
			return err
		}
	}
	for _, h := range homes {
		to := id
		if h == id {
			to = 0
		}
		if err := w.tx.SetLink(w.ctx, h, to); err != nil {
			return err
		}
	}
	return nil
}

// redirect leads ids of former persons, which are nobody's home, to one that
// is there.
func (w *work) redirect(former []int64, homes, ids map[int64]bool) error {
	first := int64(math.MaxInt64)
	for id := range ids {
		first = min(first, id)
	}
	for _, k := range former {
		if homes[k] || ids[k] {
			continue
		}
		to, err := w.tx.PersonOf(w.ctx, k, time.Time{})
		if err != nil {
			return err
		}
		if !ids[to] {
			if err := w.tx.SetLink(w.ctx, k, first); err != nil {
				return err
			}
		}
	}
	return nil
}

// affected gathers every entry of every person that is touched, and the keys
// of persons that lead there.
func (w *work) affected() (entries, former []int64, err error) {
	seen, known := map[int64]bool{}, map[int64]bool{}
	add := func(list ...int64) {
		for _, pk := range list {
			if !seen[pk] {
				seen[pk] = true
				entries = append(entries, pk)
			}
		}
	}
	for pk := range w.moved {
		add(pk)
	}
	for i := 0; i < len(entries); i++ {
		group, err := w.group(entries[i])
		if err != nil {
			return nil, nil, err
		}
		add(group...)
		mine, err := w.tx.PersonOf(w.ctx, entries[i], time.Time{})
		if err != nil {
			return nil, nil, err
		}
		if mine == 0 || known[mine] {
			continue
		}
		known[mine] = true
		members, keys, err := w.members(mine)
		if err != nil {
			return nil, nil, err
		}
		add(members...)
		former = append(append(former, mine), keys...)
	}
	slices.Sort(entries)
	return entries, former, nil
}

// members parts what is linked to a person into entries and other keys.
func (w *work) members(id int64) (entries, keys []int64, err error) {
	all, err := w.tx.Members(w.ctx, id, time.Time{})
	if err != nil {
		return nil, nil, err
	}
	for _, m := range all {
		entry, err := w.isEntry(m)
		switch {
		case err != nil:
			return nil, nil, err
		case entry:
			entries = append(entries, m)
		default:
			keys = append(keys, m)
		}
	}
	return entries, keys, nil
}

// identify gives the id of a group, and the homes of its entries.
func (w *work) identify(group, all []int64) (id int64, homes []int64, err error) {
	for _, e := range group {
		h, err := w.home(e, all)
		if err != nil {
			return 0, nil, err
		}
		homes = append(homes, h)
		if id == 0 || h < id {
			id = h
		}
	}
	return id, homes, nil
}

// home is the person that an entry is by itself. It is kept once known. Until
// then it is the person that the entry was given when it came, unless that was
// another entry's already.
func (w *work) home(pk int64, all []int64) (int64, error) {
	n, err := w.node(pk)
	if err != nil || n.Home != 0 {
		return n.Home, err
	}
	if !w.fresh[pk] {
		history, err := w.tx.LinkHistory(w.ctx, pk)
		if err != nil {
			return 0, err
		}
		if len(history) > 0 {
			own, err := w.unclaimed(pk, history[0].Person, all)
			if err != nil {
				return 0, err
			}
			if own {
				n.Home = history[0].Person
			}
		}
	}
	if n.Home == 0 { // it came into a person that was there: its own is younger than any
		if n.Home, err = w.tx.NewRecord(w.ctx); err != nil {
			return 0, err
		}
	}
	w.dirty[pk] = true
	return n.Home, nil
}

// unclaimed tells whether a person's key may be the home of an entry: no other
// entry has it as home, came to it earlier, or is left in it.
func (w *work) unclaimed(pk, home int64, all []int64) (bool, error) {
	for _, other := range all {
		if other == pk {
			continue
		}
		n, err := w.node(other)
		if err != nil {
			return false, err
		}
		if n.Home == home {
			return false, nil
		}
		if n.Home != 0 {
			continue
		}
		history, err := w.tx.LinkHistory(w.ctx, other)
		if err != nil {
			return false, err
		}
		if len(history) > 0 && history[0].Person == home && other < pk {
			return false, nil
		}
	}
	members, err := w.tx.Members(w.ctx, home, time.Time{})
	if err != nil {
		return false, err
	}
	for _, m := range members {
		if m == pk || slices.Contains(all, m) {
			continue
		}
		if entry, err := w.isEntry(m); err != nil || entry {
			return false, err
		}
	}
	return true, nil
}

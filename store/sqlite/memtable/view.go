package memtable

// View is what a snapshot of the database sees of the tables: the entries of the
// commits that it has seen, without those that it finds merged.
type View struct {
	parts []part
	upTo  int64
}

type part struct {
	t     *Table
	after *Key // merged up to here, nil when nothing is
}

// See makes the view of a snapshot: the table that is being merged, if there is
// one, and up to where it is; the table after it, if there is one; and the number
// of the last commit.
func See(merging *Table, merged *Key, next *Table, upTo int64) *View {
	v := &View{upTo: upTo}
	if merging != nil {
		v.parts = append(v.parts, part{merging, merged})
	}
	if next != nil {
		v.parts = append(v.parts, part{next, nil})
	}
	return v
}

// Entries are what is pending for the rows of one kind from a key on, in order, one
// for each row: at most about limit, of those within. whole is false when there may
// be more behind the last.
func (v *View) Entries(from Key, limit int, within func(Key) bool) (found []Entry, whole bool) {
	whole = true
	for _, p := range v.parts {
		more, all := p.entries(from, v.upTo, limit, within)
		switch {
		case !whole && !all:
			cut := found[len(found)-1].Key
			if last := more[len(more)-1].Key; last.Compare(cut) < 0 {
				cut = last
			}
			found = upTo(join(found, more), cut)
		case !whole:
			found = upTo(join(found, more), found[len(found)-1].Key)
		case !all:
			found, whole = upTo(join(found, more), more[len(more)-1].Key), false
		default:
			found = join(found, more)
		}
	}
	return found, whole
}

// entries are those of one table.
func (p part) entries(from Key, upTo int64, limit int, within func(Key) bool) (found []Entry, whole bool) {
	whole = true
	p.t.mu.RLock()
	defer p.t.mu.RUnlock()
	if p.after != nil && p.after.Compare(from) >= 0 {
		if p.after.Kind != from.Kind {
			return nil, true // the whole kind is merged
		}
		from = *p.after
	}
	p.t.ascend(from, func(k Key, seq, n int64) bool {
		if !within(k) {
			return false
		}
		if seq > upTo || p.after != nil && k == *p.after {
			return true
		}
		if last := len(found) - 1; len(found) == limit && found[last].Key != k {
			whole = false
			return false
		}
		found = add(found, k, n)
		return true
	})
	return found, whole
}

// Hashed are what is pending for the rows of several hashes of a kind that has no text:
// for each hash its entries in order. Nobody files meanwhile, so that the hashes should
// be few.
func (v *View) Hashed(kind Kind, hashes []int64) [][]Entry {
	out := make([][]Entry, len(hashes))
	for _, p := range v.parts {
		p.hashed(kind, hashes, v.upTo, out)
	}
	return out
}

// hashed joins the entries of one table with those of the tables before it.
func (p part) hashed(kind Kind, hashes []int64, upTo int64, out [][]Entry) {
	if p.after != nil && p.after.Kind > kind {
		return
	}
	p.t.mu.RLock()
	defer p.t.mu.RUnlock()
	for i, h := range hashes {
		from := Key{Kind: kind, H: h, ID: -1 << 63}
		if p.after != nil && p.after.Compare(from) > 0 {
			if p.after.H != h {
				continue // it is merged
			}
			from = *p.after
		}
		var found []Entry
		p.t.ascend(from, func(k Key, seq, n int64) bool {
			if k.H != h {
				return false
			}
			if seq <= upTo && (p.after == nil || k != *p.after) {
				found = add(found, k, n)
			}
			return true
		})
		out[i] = join(out[i], found)
	}
}

// add joins what is pending for a row with what was pending for it before.
func add(found []Entry, k Key, n int64) []Entry {
	if last := len(found) - 1; last >= 0 && found[last].Key == k {
		found[last].N = k.Kind.add(found[last].N, n)
		return found
	}
	return append(found, Entry{k, n})
}

// join makes one list of what is pending in an earlier and a later table.
func join(earlier, later []Entry) []Entry {
	if len(earlier) == 0 {
		return later
	}
	if len(later) == 0 {
		return earlier
	}
	out := make([]Entry, 0, len(earlier)+len(later))
	for len(earlier) > 0 && len(later) > 0 {
		a, b := earlier[0], later[0]
		switch c := a.Compare(b.Key); {
		case c < 0:
			out, earlier = append(out, a), earlier[1:]
		case c > 0:
			out, later = append(out, b), later[1:]
		default:
			out = append(out, Entry{a.Key, a.Kind.add(a.N, b.N)})
			earlier, later = earlier[1:], later[1:]
		}
	}
	return append(append(out, earlier...), later...)
}

// upTo are the entries up to a key.
func upTo(entries []Entry, last Key) []Entry {
	n := len(entries)
	for n > 0 && entries[n-1].Compare(last) > 0 {
		n--
	}
	return entries[:n]
}

// Kinds are in the order in which they are merged.
func Kinds() []Kind { return []Kind{Posting, Identifier, Text, Alias} }

// Pending are the next entries that are to be merged, over all kinds: fewer than
// limit when they are the last.
func (v *View) Pending(after *Key, limit int) []Entry {
	var out []Entry
	for _, k := range Kinds() {
		from := Key{Kind: k, H: -1 << 63, ID: -1 << 63}
		if after != nil && after.Kind > k {
			continue
		}
		if after != nil && after.Kind == k {
			from = *after
		}
		more, _ := v.Entries(from, limit-len(out)+1, func(Key) bool { return true })
		if len(more) > 0 && after != nil && more[0].Key == *after {
			more = more[1:]
		}
		if out == nil {
			out = more
		} else {
			out = append(out, more...)
		}
		if len(out) >= limit {
			return out[:limit]
		}
	}
	return out
}

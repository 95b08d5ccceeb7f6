package onboard

import (
	"context"
	"encoding/binary"
	"os"
	"slices"
)

// resolve decides among the rows of each key. A row of a later part takes the
// place of earlier ones. Rows of one part that say the same are one row and its
// repetitions; of rows that differ nobody can say which is right, and none is
// taken.
func (w *classWork) resolve(keys *marks) error {
	return keys.groups(func(g []mark) error {
		newest := 1
		for newest < len(g) && g[newest].rank == g[0].rank {
			newest++
		}
		for _, m := range g[newest:] {
			w.fates[rowID(m.row)] = fateMended
			w.mended++
		}
		part := int(^g[0].rank >> 48)
		if was, refused := w.gone[g[0].key]; refused && was < part { // refused when staged, and mended since
			delete(w.gone, g[0].key)
			w.mended++
			w.refused--
		}
		same := !slices.ContainsFunc(g[:newest], func(m mark) bool { return m.sum != g[0].sum })
		for i, m := range g[:newest] {
			switch {
			case !same:
				w.fates[rowID(m.row)] = fateTwice
				w.tally.add(w.class.Name, "key", wrongTwice, true)
			case i > 0:
				w.fates[rowID(m.row)] = fateRepeated
				w.tally.add(w.class.Name, "key", wrongRepeated, true)
			}
		}
		if same && w.fates[rowID(g[0].row)] == 0 {
			w.keys = append(w.keys, g[0].key) // groups come in order
		} else {
			w.gone[g[0].key] = part
		}
		return nil
	})
}

// ownRef is a row that refers to another of its class: a patient that was
// merged into another at the source.
type ownRef struct {
	id      rowID
	key, to [2]uint64
	part    int
	column  int
}

// within notes what a row refers to in its own class.
func (w *classWork) within(id rowID, part int, fields [][]byte) {
	for i := range w.class.Columns {
		if col := &w.class.Columns[i]; col.Kind == Ref && col.To == w.class.Name && len(fields[i]) > 0 {
			w.own = append(w.own, ownRef{id, keyOf(fields[0]), keyOf(fields[i]), part, i})
		}
	}
}

// ownReferences looks at references within the class, when all its keys are
// known. A row that falls takes those that refer to it with it.
func (w *classWork) ownReferences() {
	from := map[[2]uint64][]ownRef{}
	var falls []ownRef
	for _, o := range w.own {
		if w.fates[o.id] != 0 {
			continue
		}
		from[o.to] = append(from[o.to], o)
		if !w.keys.has(o.to) {
			falls = append(falls, o)
		}
	}
	lost := map[[2]uint64]bool{}
	for len(falls) > 0 {
		o := falls[0]
		falls = falls[1:]
		if w.fates[o.id] != 0 {
			continue
		}
		f := fateOrphan
		if _, refused := w.gone[o.to]; refused {
			f = fateOrphaned
		}
		w.fates[o.id] = f
		w.tally.add(w.class.Name, w.class.Columns[o.column].Name, f.code(), true)
		w.gone[o.key], lost[o.key] = o.part, true
		falls = append(falls, from[o.key]...)
	}
	w.keys = slices.DeleteFunc(w.keys, func(k [2]uint64) bool { return lost[k] })
	w.own = nil
}

// refuse writes the rows that fell to refused/profile, and for each file of
// rows the numbers of those that a load passes over.
func (p *profiling) refuse(ctx context.Context) error {
	dir := p.extract.path("refused", "profile")
	if err := os.RemoveAll(dir); err != nil {
		return unstaged(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unstaged(err)
	}
	var all []*classWork
	for _, c := range Layout() {
		all = append(all, p.classes[c.Name])
	}
	return each(ctx, all, func(_ int, w *classWork) error { return p.refuseClass(ctx, w) })
}

func (p *profiling) refuseClass(ctx context.Context, w *classWork) error {
	out := &refusals{path: p.extract.path("refused", "profile", w.class.Name+".csv"), source: w.class.Name}
	for _, c := range w.class.Columns {
		out.header = append(out.header, []byte(c.Name))
	}
	fallen := make([][]int64, len(w.files))
	for id := range w.fates {
		fallen[id.file()] = append(fallen[id.file()], id.row())
	}
	for i, f := range w.files {
		slices.Sort(fallen[i])
		if err := writeWhole(p.extract.path(partName(f.part), skipFile(f.Name)), packed(fallen[i])); err != nil {
			return err
		}
		if len(fallen[i]) == 0 {
			continue
		}
		err := p.eachRow(ctx, w, f, func(n int64, from origin, r *rowReader) error {
			fate := w.fates[idOf(i, n)]
			if fate == 0 || fate == fateMended {
				return nil
			}
			w.refused++
			return out.add(fate.code(), from.line, r.fields)
		})
		if err != nil {
			return err
		}
	}
	return out.close()
}

// skipFile holds the numbers of the rows that a load passes over.
func skipFile(rows string) string { return rows[:len(rows)-len(".rows")] + ".skip" }

func packed(rows []int64) []byte {
	var b []byte
	for _, n := range rows {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// skips reads what packed wrote.
func skips(b []byte) (map[int64]bool, error) {
	out := map[int64]bool{}
	for len(b) > 0 {
		n, k := binary.Uvarint(b)
		if k <= 0 {
			return nil, damaged()
		}
		out[int64(n)], b = true, b[k:]
	}
	return out, nil
}

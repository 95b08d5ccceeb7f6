package fhirpath

import (
	"slices"
)

// sorting makes the code of sort(): by the items themselves, or by keys of
// which "-key" sorts downwards. What has no key comes first.
func sorting(t *tree, in code, keys []code) code {
	down := make([]bool, len(keys))
	for i, a := range t.args {
		down[i] = isDownward(a)
	}
	if len(keys) == 0 {
		keys, down = []code{this()}, []bool{false}
	}
	return pushing(func(m *machine) error {
		mark := len(m.stack)
		if err := in.push(m); err != nil {
			return err
		}
		rows, err := m.sortRows(mark, keys)
		if err != nil {
			return err
		}
		var failed error
		slices.SortStableFunc(rows, func(a, b sortRow) int {
			order, err := m.compareRows(a, b, down)
			if failed == nil {
				failed = err
			}
			return order
		})
		if failed != nil {
			return failed
		}
		for i, r := range rows {
			m.stack[mark+i] = r.item
		}
		return nil
	})
}

// isDownward tells a key with a minus. The key is compiled without it, since
// texts have no negative.
func isDownward(key *tree) bool { return key.form == signForm && key.name == "-" }

type sortRow struct {
	item Item
	keys []Item
	has  []bool
}

func (m *machine) sortRows(mark int, keys []code) ([]sortRow, error) {
	end := len(m.stack)
	rows := make([]sortRow, 0, end-mark)
	s := m.enter()
	for i := mark; i < end; i++ {
		m.this, m.index = m.stack[i], i-mark
		row := sortRow{item: m.stack[i]}
		for _, k := range keys {
			if err := k.push(m); err != nil {
				return nil, err
			}
			it, ok, err := m.single(end)
			if err != nil {
				return nil, err
			}
			row.keys, row.has = append(row.keys, it), append(row.has, ok)
		}
		rows = append(rows, row)
	}
	m.leave(s)
	return rows, nil
}

func (m *machine) compareRows(a, b sortRow, down []bool) (int, error) {
	for i := range down {
		switch {
		case !a.has[i] && !b.has[i]:
			continue
		case !a.has[i]:
			return -1, nil
		case !b.has[i]:
			return 1, nil
		}
		order, known, err := m.compareItems(&a.keys[i], &b.keys[i])
		if err != nil {
			return 0, err
		}
		if !known || order == 0 {
			continue
		}
		if down[i] {
			return -order, nil
		}
		return order, nil
	}
	return 0, nil
}

package storetest

import (
	"fmt"
	"testing"
	"time"

	"concord/store"
)

func (s *stage) link(pk, person int64) {
	s.t.Helper()
	s.update(func(tx store.Tx) error { return tx.SetLink(s.ctx, pk, person) })
}

// testLinks joins, moves and parts entries, and asks at each moment since.
func testLinks(t *testing.T, s *stage) {
	type step struct{ pk, person int64 }
	steps := []step{{1, 100}, {2, 101}, {2, 100}, {101, 100}, {2, 0}, {2, 101}, {3, 100}, {2, 101}, {1, 101}}
	people, entries := []int64{100, 101}, []int64{1, 2, 3, 101}
	look := func(asAt time.Time) string {
		out := ""
		s.view(func(r store.Reader) error {
			for _, p := range people {
				members, err := r.Members(s.ctx, p, asAt)
				if err != nil {
					return err
				}
				out += fmt.Sprint(p, members, " ")
			}
			for _, pk := range entries {
				person, err := r.PersonOf(s.ctx, pk, asAt)
				if err != nil {
					return err
				}
				out += fmt.Sprint(pk, "→", person, " ")
			}
			return nil
		})
		if asAt.IsZero() {
			asked := append([]int64{77, entries[1]}, entries...)
			all := read(s, func(r store.Reader) ([]int64, error) { return r.PersonsOf(s.ctx, asked) })
			for i, pk := range asked {
				one := read(s, func(r store.Reader) (int64, error) { return r.PersonOf(s.ctx, pk, asAt) })
				equal(t, fmt.Sprint("person of ", pk, " among others"), all[i], one)
			}
		}
		return out
	}
	empty := look(time.Time{})
	before := s.clock.Now().Add(-time.Second)
	standing := map[int64]int64{}
	var moments []time.Time
	var then []string
	for _, st := range steps {
		s.link(st.pk, st.person)
		standing[st.pk] = st.person
		s.clock.move(time.Second)
		moments = append(moments, s.clock.Now())
		now := look(time.Time{})
		for pk, person := range standing {
			if got := read(s, func(r store.Reader) (int64, error) { return r.PersonOf(s.ctx, pk, time.Time{}) }); got != person {
				t.Errorf("%d belongs to %d, want %d", pk, got, person)
			}
		}
		then = append(then, now)
		s.clock.move(time.Second)
	}
	for i, m := range moments {
		equal(t, fmt.Sprintf("as at step %d", i), look(m), then[i])
	}
	equal(t, "before the first", look(before), empty)
	equal(t, "now", then[len(then)-1], "100 [3 101] 101 [1 2] 1→101 2→101 3→100 101→100 ")

	history := read(s, func(r store.Reader) ([]store.Link, error) { return r.LinkHistory(s.ctx, 2) })
	equal(t, "links that 2 had", len(history), 3)
	for i, l := range history {
		if l.PK != 2 || l.Change <= 0 || i > 0 && (l.Change <= history[i-1].Change || l.From.Before(history[i-1].To)) || (i < 2) != !l.To.IsZero() {
			t.Errorf("link %d: %+v", i, l)
		}
	}
}

// testLinkWithin sets several links of one entry in one Update: only the last
// ever stood.
func testLinkWithin(t *testing.T, s *stage) {
	s.link(1, 100)
	s.clock.move(time.Second)
	s.update(func(tx store.Tx) error {
		for _, person := range []int64{101, 102, 103} {
			if err := tx.SetLink(s.ctx, 1, person); err != nil {
				return err
			}
		}
		return nil
	})
	persons := []int64{}
	for _, l := range read(s, func(r store.Reader) ([]store.Link, error) { return r.LinkHistory(s.ctx, 1) }) {
		persons = append(persons, l.Person)
	}
	equal(t, "links", persons, []int64{100, 103})
	s.clock.move(time.Second)
	s.update(func(tx store.Tx) error {
		if err := tx.SetLink(s.ctx, 1, 104); err != nil {
			return err
		}
		return tx.SetLink(s.ctx, 1, 0)
	})
	person := read(s, func(r store.Reader) (int64, error) { return r.PersonOf(s.ctx, 1, time.Time{}) })
	equal(t, "set and ended", person, 0)
}

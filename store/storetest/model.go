package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// model is what the store should hold, kept in the simplest way.
type model struct {
	s      *stage
	docs   map[store.Key][]version
	feed   []string
	links  map[int64][]stretch
	keys   map[string]store.KeyValue
	change int64
}

type version struct {
	n       int64
	change  int64
	at      time.Time
	deleted bool
	body    string
	index   search.Entries
}

type stretch struct {
	person   int64
	from, to time.Time
}

// testModel does random things and holds what can be read against a model.
func testModel(t *testing.T, s *stage) {
	rapid.Check(t, func(rt *rapid.T) {
		fresh := *s
		fresh.t, fresh.ctx = t, context.Background()
		fresh.o.Dir = t.TempDir()
		fresh.e = s.open(t, fresh.o)
		defer fresh.e.Close()
		m := &model{s: &fresh, docs: map[store.Key][]version{}, links: map[int64][]stretch{}, keys: map[string]store.KeyValue{}}
		for range rapid.IntRange(1, 25).Draw(rt, "updates") {
			s.clock.move(time.Duration(rapid.IntRange(0, 3).Draw(rt, "seconds")) * time.Second)
			m.update(rt)
		}
		m.compare(rt)
		if err := fresh.e.Check(fresh.ctx, func(f store.Finding) { rt.Errorf("check: %+v", f) }); err != nil {
			rt.Fatal(err)
		}
	})
}

// step is one drawn operation; it tells whether it wrote. Everything is drawn
// before the Update, since rapid stops a test by a panic.
type step func(tx store.Tx) (wrote bool, err error)

// update does a few random things in one Update, which may fail as a whole.
func (m *model) update(rt *rapid.T) {
	before := m.copy()
	refuse := rapid.IntRange(0, 5).Draw(rt, "refuse") == 0
	var steps []step
	for range rapid.IntRange(1, 4).Draw(rt, "operations") {
		switch rapid.IntRange(0, 4).Draw(rt, "operation") {
		case 0:
			steps = append(steps, m.link(rt))
		case 1:
			steps = append(steps, m.setKey(rt))
		default:
			steps = append(steps, m.put(rt))
		}
	}
	wrote, change := false, int64(0)
	err := m.s.e.Update(m.s.ctx, func(tx store.Tx) error {
		if change = tx.Change(); change <= m.change {
			return fmt.Errorf("change %d after %d", change, m.change)
		}
		for _, s := range steps {
			w, err := s(tx)
			if err != nil {
				return err
			}
			wrote = wrote || w
		}
		if refuse {
			return errRefused
		}
		return nil
	})
	switch {
	case refuse && err == errRefused:
		*m = before
	case err != nil:
		rt.Fatal(err)
	case wrote:
		m.change = change
	}
}

func (m *model) copy() model {
	c := *m
	c.docs, c.links, c.keys = map[store.Key][]version{}, map[int64][]stretch{}, map[string]store.KeyValue{}
	for k, v := range m.docs {
		c.docs[k] = slices.Clone(v)
	}
	for k, v := range m.links {
		c.links[k] = slices.Clone(v)
	}
	for k, v := range m.keys {
		c.keys[k] = v
	}
	c.feed = slices.Clone(m.feed)
	return c
}

func (m *model) put(rt *rapid.T) step {
	k := key(rapid.Int64Range(1, 3).Draw(rt, "pk"), uint16(rapid.IntRange(1, 2).Draw(rt, "type")), uint32(rapid.IntRange(1, 2).Draw(rt, "seq")))
	p := doc(k, rapid.StringN(0, 20, 200).Draw(rt, "body"))
	condition := rapid.IntRange(0, 3).Draw(rt, "condition")
	if p.Deleted = rapid.IntRange(0, 4).Draw(rt, "delete") == 0; p.Deleted {
		p.Body = nil
	} else {
		p.Index = entries(rt)
	}
	return func(tx store.Tx) (bool, error) {
		had := m.docs[k]
		p.IfVersion = []int64{0, store.AnyVersion, int64(len(had)), int64(len(had)) + 1}[condition]
		if len(had) > 0 {
			p.Old = had[len(had)-1].index
		}
		v, err := tx.Put(m.s.ctx, p)
		if p.IfVersion != store.AnyVersion && p.IfVersion != int64(len(had)) {
			if !fault.Is(err, fault.Conflict) {
				return false, fmt.Errorf("version %d of %d: %v", p.IfVersion, len(had), err)
			}
			return false, nil
		}
		if err != nil || v != int64(len(had))+1 {
			return false, fmt.Errorf("version %d after %d: %v", v, len(had), err)
		}
		m.docs[k] = append(had, version{v, tx.Change(), tx.Time(), p.Deleted, string(p.Body), p.Index})
		m.feed = append(m.feed, fmt.Sprint(tx.Change(), k, v, p.Deleted))
		return true, nil
	}
}

func entries(rt *rapid.T) search.Entries {
	few := func(name string) []uint64 {
		return rapid.SliceOfN(rapid.Uint64Range(1, 5), 0, 4).Draw(rt, name)
	}
	e := search.Entries{Idents: few("idents"), Code: rapid.Uint64Range(0, 2).Draw(rt, "code"), Date: rapid.Int64Range(0, 5).Draw(rt, "date")}
	for _, n := range few("tokens") {
		e.Tokens = append(e.Tokens, uint32(n))
	}
	slices.Sort(e.Tokens)
	for _, n := range few("strings") {
		e.Strings = append(e.Strings, search.StringEntry{Param: n % 2, Value: fmt.Sprint("name", n)})
	}
	return e
}

func (m *model) link(rt *rapid.T) step {
	pk, person := rapid.Int64Range(1, 3).Draw(rt, "pk"), rapid.Int64Range(0, 3).Draw(rt, "person")*100
	return func(tx store.Tx) (bool, error) {
		had := m.links[pk]
		stands := len(had) > 0 && had[len(had)-1].to.IsZero()
		if stands && had[len(had)-1].person == person || !stands && person == 0 {
			return false, tx.SetLink(m.s.ctx, pk, person)
		}
		if stands {
			had[len(had)-1].to = tx.Time()
		}
		if person != 0 {
			had = append(had, stretch{person: person, from: tx.Time()})
		}
		m.links[pk] = had
		return true, tx.SetLink(m.s.ctx, pk, person)
	}
}

func (m *model) setKey(rt *rapid.T) step {
	k := rapid.SampledFrom([]string{"a", "b", "ab"}).Draw(rt, "key")
	value := rapid.StringN(0, 5, 20).Draw(rt, "value")
	return func(tx store.Tx) (bool, error) {
		if value != "" {
			kv := store.KeyValue{Key: k, Value: []byte(value)}
			m.keys[k] = kv
			return true, tx.SetKey(m.s.ctx, "space", kv)
		}
		_, had := m.keys[k]
		delete(m.keys, k)
		err := tx.DeleteKey(m.s.ctx, "space", k)
		return had, err
	}
}

func (m *model) compare(rt *rapid.T) {
	err := m.s.e.View(m.s.ctx, func(r store.Reader) error {
		moments := []time.Time{{}}
		for _, vs := range m.docs {
			for _, v := range vs {
				moments = append(moments, v.at, v.at.Add(-time.Microsecond))
			}
		}
		for k := range m.docs {
			if err := m.compareVersions(rt, r, k); err != nil {
				return err
			}
		}
		for _, at := range moments {
			if err := m.compareChart(rt, r, at); err != nil {
				return err
			}
			if err := m.compareLinks(rt, r, at); err != nil {
				return err
			}
		}
		if err := m.compareIndex(rt, r); err != nil {
			return err
		}
		return m.compareRest(rt, r)
	})
	if err != nil {
		rt.Fatal(err)
	}
}

func same(rt *rapid.T, what string, got, want any) {
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		rt.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func (m *model) compareVersions(rt *rapid.T, r store.Reader, k store.Key) error {
	got, err := r.Versions(m.s.ctx, k)
	if err != nil {
		return err
	}
	slices.Reverse(got)
	want := m.docs[k]
	if len(got) != len(want) {
		rt.Fatalf("%v has %d versions, want %d", k, len(got), len(want))
	}
	for i, d := range got {
		w := want[i]
		same(rt, fmt.Sprint("version ", k), []any{d.Version, d.Change, d.Updated, d.Deleted, string(d.Body), d.Date}, []any{w.n, w.change, w.at, w.deleted, w.body, w.index.Date})
	}
	return nil
}

// standing is the version at a moment, nil if none; deleted counts as none.
func (m *model) standing(k store.Key, at time.Time) *version {
	for i := len(m.docs[k]) - 1; i >= 0; i-- {
		v := &m.docs[k][i]
		if at.IsZero() || !v.at.After(at) {
			if v.deleted {
				return nil
			}
			return v
		}
	}
	return nil
}

func (m *model) sorted() []store.Key {
	var keys []store.Key
	for k := range m.docs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b store.Key) int {
		if a.PK != b.PK {
			return int(a.PK - b.PK)
		}
		return int(a.LID - b.LID)
	})
	return keys
}

func (m *model) compareChart(rt *rapid.T, r store.Reader, at time.Time) error {
	need, from := rapid.Uint32Range(1, 5).Draw(rt, "need"), rapid.Int64Range(1, 5).Draw(rt, "from")
	got, err := r.Chart(m.s.ctx, []int64{1, 2, 3}, []store.Range{{Type: 1}, {Type: 1, Need: [][]uint32{{need}}}, {Type: 1, From: from}}, at)
	if err != nil {
		return err
	}
	var want [3][]string
	for _, k := range m.sorted() {
		v := m.standing(k, at)
		if v == nil || k.Type() != 1 {
			continue
		}
		line := fmt.Sprint(k, v.n)
		want[0] = append(want[0], line)
		if slices.Contains(v.index.Tokens, need) {
			want[1] = append(want[1], line)
		}
		if v.index.Date >= from {
			want[2] = append(want[2], line)
		}
	}
	for i := range want {
		var lines []string
		for _, d := range got[i] {
			lines = append(lines, fmt.Sprint(d.Key, d.Version))
		}
		same(rt, fmt.Sprintf("chart range %d as at %v", i, at), lines, want[i])
	}
	return nil
}

func (m *model) compareLinks(rt *rapid.T, r store.Reader, at time.Time) error {
	members := map[int64][]int64{}
	for pk := int64(1); pk <= 3; pk++ {
		var person int64
		for _, l := range m.links[pk] {
			if at.IsZero() && l.to.IsZero() || !at.IsZero() && !l.from.After(at) && (l.to.IsZero() || l.to.After(at)) {
				person = l.person
			}
		}
		got, err := r.PersonOf(m.s.ctx, pk, at)
		if err != nil {
			return err
		}
		same(rt, fmt.Sprintf("person of %d as at %v", pk, at), got, person)
		members[person] = append(members[person], pk)
	}
	for _, person := range []int64{100, 200, 300} {
		got, err := r.Members(m.s.ctx, person, at)
		if err != nil {
			return err
		}
		same(rt, fmt.Sprintf("members of %d as at %v", person, at), got, members[person])
	}
	return nil
}

func (m *model) compareIndex(rt *rapid.T, r store.Reader) error {
	for h := uint64(1); h <= 5; h++ {
		var idents, named []store.Key
		for _, k := range m.sorted() {
			v := m.standing(k, time.Time{})
			if v != nil && slices.Contains(v.index.Idents, h) {
				idents = append(idents, k)
			}
			if v != nil && slices.Contains(v.index.Strings, search.StringEntry{Param: h % 2, Value: fmt.Sprint("name", h)}) {
				named = append(named, k)
			}
		}
		got, err := r.Find(m.s.ctx, h, 100)
		if err != nil {
			return err
		}
		same(rt, fmt.Sprint("identifier ", h), got, idents)
		for _, limit := range []int{100, 1} {
			each, err := r.FindIdents(m.s.ctx, []uint64{h + 1, 7, 6, 5, 4, 3, 2, 1, h}, limit)
			if err != nil {
				return err
			}
			same(rt, fmt.Sprint("of many, identifier ", h), each[8], idents[:min(limit, len(idents))])
			same(rt, fmt.Sprint("of many, again ", h), each[8-h], each[8])
		}
		if got, err = r.FindString(m.s.ctx, h%2, fmt.Sprint("name", h), true, 100); err != nil {
			return err
		}
		same(rt, fmt.Sprint("string ", h), got, named)
	}
	return nil
}

func (m *model) compareRest(rt *rapid.T, r store.Reader) error {
	changes, err := r.Changes(m.s.ctx, 0, 1_000_000)
	if err != nil {
		return err
	}
	var feed []string
	for _, c := range changes {
		feed = append(feed, fmt.Sprint(c.Change, c.Key, c.Version, c.Deleted))
	}
	same(rt, "feed", feed, m.feed)
	docs, err := r.Scan(m.s.ctx, 0, store.Key{}, 1000)
	if err != nil {
		return err
	}
	same(rt, "scan", keysOf(docs), m.sorted())
	for _, k := range []string{"a", "b", "ab"} {
		got, err := r.GetKey(m.s.ctx, "space", k)
		if err != nil {
			return err
		}
		same(rt, "key "+k, got, m.keys[k].Value)
	}
	return nil
}

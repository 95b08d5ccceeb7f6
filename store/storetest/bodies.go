package storetest

import (
	"bytes"
	"fmt"
	"testing"

	"concord/fault"
	"concord/store"
)

// walkBodies gives all bodies of all parts, some at a time.
func (s *stage) walkBodies(step int) (out []store.Body) {
	s.t.Helper()
	for _, part := range store.BodyParts() {
		at := store.BodyPlace{Part: part}
		for {
			var some []store.Body
			s.view(func(r store.Reader) (err error) {
				some, err = r.Bodies(s.ctx, at, step)
				return err
			})
			if len(some) > step {
				s.t.Fatalf("%d bodies, %d were asked for", len(some), step)
			}
			if len(some) == 0 {
				break
			}
			out, at = append(out, some...), some[len(some)-1].BodyPlace
		}
	}
	return out
}

// givenBodies writes resources of several versions, one of them deleted, and
// messages, and gives their texts.
func (s *stage) givenBodies() (want []string) {
	s.t.Helper()
	for pk := int64(1); pk <= 3; pk++ {
		for seq := uint32(1); seq <= 2; seq++ {
			k := store.Key{PK: pk, LID: store.MakeLID(7, seq)}
			for v := int64(0); v < 3; v++ {
				body := fmt.Sprintf("body %d/%d/%d", pk, seq, v+1)
				s.put(store.Put{Key: k, IfVersion: v, Org: "R1K", Feed: "pas", Body: []byte(body)})
				want = append(want, body)
			}
		}
	}
	s.put(store.Put{Key: store.Key{PK: 3, LID: store.MakeLID(7, 2)}, IfVersion: 3, Org: "R1K", Feed: "pas", Deleted: true})
	for i := range 3 {
		raw := fmt.Sprintf("message %d", i)
		s.append(&store.Message{Org: "RAS", Feed: "lab", Control: fmt.Sprint(i), Trigger: "ORU^R01", Digest: uint64(i + 1), Raw: []byte(raw)})
		want = append(want, raw)
	}
	return want
}

// testBodies: a walk meets every body once, current, past and of messages; what
// is packed anew is read from then on, and nothing else about it has changed;
// what was changed meanwhile stays.
func testBodies(t *testing.T, s *stage) {
	want := s.givenBodies()
	all := s.walkBodies(2)
	seen := map[string]bool{}
	for _, b := range all {
		seen[string(b.Packed)] = true
		if org := map[bool]string{true: "RAS", false: "R1K"}[b.Part == store.MessageBodies]; b.Org != org {
			t.Errorf("%q is of %q", b.Packed, b.Org)
		}
	}
	if len(all) != len(want) || len(seen) != len(want) {
		t.Fatalf("%d bodies, %d of them different, want %d", len(all), len(seen), len(want))
	}
	key := store.Key{PK: 1, LID: store.MakeLID(7, 2)}
	versions := func() (docs []*store.Doc) {
		s.view(func(r store.Reader) (err error) { docs, err = r.Versions(s.ctx, key); return err })
		return docs
	}
	before := versions()
	var list []store.Repacking
	for _, b := range all {
		list = append(list, store.Repacking{BodyPlace: b.BodyPlace, From: b.Packed, To: append([]byte("new "), b.Packed...)})
	}
	list[0].From = []byte("something else")
	n := 0
	s.update(func(tx store.Tx) (err error) {
		n, err = tx.Repack(s.ctx, list)
		return err
	})
	if n != len(list)-1 {
		t.Errorf("%d of %d packed anew", n, len(list))
	}
	for _, b := range s.walkBodies(100) {
		if bytes.HasPrefix(b.Packed, []byte("new ")) == (b.BodyPlace == list[0].BodyPlace) {
			t.Errorf("%q at %+v", b.Packed, b.BodyPlace)
		}
	}
	for i, d := range versions() {
		was := *before[i]
		was.Body = append([]byte("new "), was.Body...)
		if fmt.Sprint(*d) != fmt.Sprint(was) {
			t.Errorf("it was %+v and is %+v", was, *d)
		}
	}
	if m := s.message(1); string(m.Raw) != "new message 0" {
		t.Errorf("the message reads %q", m.Raw)
	}
	s.repackedThenReplaced()
}

// repackedThenReplaced: within one Update, what is replaced after it was packed
// anew is kept as it was packed.
func (s *stage) repackedThenReplaced() {
	s.t.Helper()
	k := store.Key{PK: 2, LID: store.MakeLID(7, 1)}
	s.update(func(tx store.Tx) error {
		if _, err := tx.Repack(s.ctx, []store.Repacking{{BodyPlace: store.BodyPlace{Part: store.CurrentBodies, Key: k}, From: []byte("new body 2/1/3"), To: []byte("newer")}}); err != nil {
			return err
		}
		_, err := tx.Put(s.ctx, store.Put{Key: k, IfVersion: 3, Org: "R1K", Feed: "pas", Body: []byte("next")})
		return err
	})
	s.view(func(r store.Reader) error {
		docs, err := r.Versions(s.ctx, k)
		if err == nil && (len(docs) != 4 || string(docs[0].Body) != "next" || string(docs[1].Body) != "newer") {
			err = fault.New(fault.Internal, "test", "%d versions, the last two %q and %q", len(docs), docs[0].Body, docs[1].Body)
		}
		return err
	})
}

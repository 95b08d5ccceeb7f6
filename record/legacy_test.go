package record_test

import (
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/store"
)

// TestJoinedBeforeDecisionsWereKept: persons of a store of an older program,
// which kept links alone, stay what they are when an entry is written again, can
// be taken apart, and each entry then has an id of its own.
func TestJoinedBeforeDecisionsWereKept(t *testing.T) {
	s := newStage(t)
	a := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
	b := s.create(s.client("RYJ"), patient("RYJ", "2", nhs, "Smith", "John", "1950-01-01", "male")).ID
	c := s.create(s.client("RAS"), patient("RAS", "3", nhs, "Smith", "John", "1950-01-01", "male")).ID
	first := s.personOf(a)
	err := s.engine.Update(s.ctx, func(tx store.Tx) error {
		for _, space := range []string{"person-entry", "person-pair"} {
			kvs, err := tx.ListKeys(s.ctx, space, "", 100)
			if err != nil {
				return err
			}
			if len(kvs) == 0 {
				t.Errorf("nothing is kept in %s", space)
			}
			for _, kv := range kvs {
				if err := tx.DeleteKey(s.ctx, space, kv.Key); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.update(s.client("RAS"), c, patient("RAS", "3", nhs, "Smith", "Jon", "1950-01-01", "male"))
	if s.personOf(a) != first || s.personOf(b) != first || s.personOf(c) != first {
		t.Fatalf("%s, %s, %s were %s", s.personOf(a), s.personOf(b), s.personOf(c), first)
	}
	if _, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Unlink, A: b}); err != nil {
		t.Fatal(err)
	}
	if s.personOf(a) != first || s.personOf(c) != first || s.personOf(b) == first {
		t.Errorf("after one was unlinked: %s, %s, %s", s.personOf(a), s.personOf(b), s.personOf(c))
	}
	if _, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Unlink, A: c}); err != nil {
		t.Fatal(err)
	}
	if p, q, r := s.personOf(a), s.personOf(b), s.personOf(c); p != first || q == r || q == first || r == first {
		t.Errorf("after all were: %s, %s, %s", p, q, r)
	}
	s.clean()
}

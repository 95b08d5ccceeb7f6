package record_test

import (
	"fmt"
	"testing"

	"concord/record/access"
)

// TestQueueInPages: the stewards' queue is read in parts that hold each pair
// once, and only who is shown is in the audit entry.
func TestQueueInPages(t *testing.T) {
	s := newStage(t)
	for i := range 5 { // one number, two people
		nhs := []string{"9990000018", "9990000026", "9990000034", "9990000042", "9990000050"}[i]
		s.create(s.client("R1K"), patient("R1K", fmt.Sprint("1", i), nhs, "Okonkwo", "Ada", fmt.Sprintf("194%d-03-14", i), "female"))
		s.create(s.client("RYJ"), patient("RYJ", fmt.Sprint("2", i), nhs, "Bell", "Thomas", fmt.Sprintf("197%d-09-02", i), "male"))
	}
	seen := map[string]bool{}
	for from, want := range map[int]int{0: 2, 2: 2, 4: 1, 6: 0} {
		_, seq := s.audited(0)
		list, more, err := s.as(access.Steward).ConflictsFrom(s.ctx, from, 2)
		if err != nil || len(list) != want || more != (from < 4 && want > 0) {
			t.Fatalf("from %d: %d pairs, more %v, %v", from, len(list), more, err)
		}
		for _, c := range list {
			if seen[c.A.ID] || seen[c.B.ID] {
				t.Errorf("from %d: a pair a second time", from)
			}
			seen[c.A.ID], seen[c.B.ID] = true, true
		}
		if entry := s.entryAt(seq); len(entry.Records) != 2*want {
			t.Errorf("from %d: the entry names %v", from, entry.Records)
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d of 10 entries were shown", len(seen))
	}
}

package postgres_test

import (
	"testing"
	"time"

	"concord/store"
	"concord/store/postgres"
	"concord/store/storetest"
)

// TestRecordsTravelTogether: several questions for records cost no more journeys than
// the one of them that costs most.
func TestRecordsTravelTogether(t *testing.T) {
	e := openDir(t, t.TempDir())
	putOne(t, e, 1)
	asks := []store.RecordsAsk{{Groups: [][]uint64{{1 << 40}}, Limit: 9}, {Groups: [][]uint64{{1 << 41}, {1 << 42, 1 << 43}}, Limit: 9}, {Groups: [][]uint64{{1 << 44}}, Limit: 9}}
	var alone, together int
	err := e.View(t.Context(), func(r store.Reader) error {
		from := postgres.Journeys(r)
		for _, a := range asks {
			if _, err := r.FindRecords(t.Context(), a.Groups, a.After, a.Limit); err != nil {
				return err
			}
		}
		alone = postgres.Journeys(r) - from
		_, err := r.FindRecordsEach(t.Context(), asks)
		together = postgres.Journeys(r) - from - alone
		return err
	})
	if err != nil || alone != 3 || together != 1 {
		t.Errorf("%d journeys one by one, %d together: %v", alone, together, err)
	}
}

// TestStridesTravelOnce: who goes on from where a walk ended has what it read ahead.
func TestStridesTravelOnce(t *testing.T) {
	e := openSeen(t, storetest.Options{Dir: t.TempDir(), Now: time.Now}, nil)
	defer e.Close()
	if err := e.Script("INSERT INTO post SELECT 7, pk, 1 FROM generate_series(1, 20) AS pk"); err != nil {
		t.Fatal(err)
	}
	err := e.View(t.Context(), func(r store.Reader) error {
		from, after := postgres.Journeys(r), int64(0)
		for _, stride := range []int{1, 2, 4, 8, 16} {
			pks, err := r.FindRecords(t.Context(), [][]uint64{{7}}, after, stride)
			if err != nil {
				return err
			}
			if want := min(stride, 20-int(after)); len(pks) != want || pks[0] != after+1 {
				t.Errorf("%d after %d: %v", stride, after, pks)
			}
			after = pks[len(pks)-1]
		}
		if n := postgres.Journeys(r) - from; n != 1 {
			t.Errorf("%d journeys", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

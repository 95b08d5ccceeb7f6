package postgres_test

import (
	"testing"

	"concord/store"
	"concord/store/postgres"
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

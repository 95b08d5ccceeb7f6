package review

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"concord/fault"
	"concord/store"
)

// Days is how many patients somebody looked at on each of the last days.
type Days struct {
	Today  string   `json:"today"`          // London's day, 2026-11-26
	Seen   []string `json:"seen,omitempty"` // records of today
	Before []int    `json:"before,omitempty"`
}

const (
	volumeSpace = "review-volume"
	daysKept    = 28
	daysLife    = 60 * 24 * time.Hour // without a look, somebody is forgotten
	// mostSeen bounds what is remembered of a day.
	mostSeen = 2000
	// leastUnusual is how many patients a day are never unusual: a large clinic
	// and the ward behind it.
	leastUnusual = 60
	// timesUsual is by how much a day must go beyond the usual one.
	timesUsual = 3
)

// Look notes that a record was looked at on a day.
func (d *Days) Look(day, record string) {
	if d.Today != day {
		if d.Today != "" {
			d.Before = append(d.Before, len(d.Seen))
			d.Before = d.Before[max(0, len(d.Before)-daysKept):]
		}
		d.Today, d.Seen = day, nil
	}
	if len(d.Seen) < mostSeen && !slices.Contains(d.Seen, record) {
		d.Seen = append(d.Seen, record)
	}
}

// Usual is the median of the days before, on which anything was looked at.
func (d *Days) Usual() int {
	if len(d.Before) == 0 {
		return 0
	}
	days := slices.Sorted(slices.Values(d.Before))
	return days[len(days)/2]
}

// Unusual tells that today's patients are many more than this user's day has.
func (d *Days) Unusual() bool {
	return len(d.Seen) > max(leastUnusual, timesUsual*d.Usual())
}

// ReadDays reads what is known of a user's days.
func ReadDays(ctx context.Context, r store.Keys, user string) (*Days, error) {
	kv, err := r.GetKey(ctx, volumeSpace, user)
	if err != nil || kv == nil {
		return &Days{}, err
	}
	var d Days
	if err := json.Unmarshal(kv, &d); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "review.days", "a count of days cannot be read")
	}
	return &d, nil
}

// KeepDays writes it.
func KeepDays(ctx context.Context, tx store.Tx, user string, d *Days) error {
	text, err := json.Marshal(d)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "review.days", "a count of days cannot be written")
	}
	return tx.SetKey(ctx, volumeSpace, store.KeyValue{Key: user, Value: text, Expires: tx.Time().Add(daysLife)})
}

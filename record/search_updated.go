package record

import (
	"context"
	"fmt"
	"slices"
	"time"

	"concord/standard/fhir"
	"concord/store"
)

// maxFeed bounds how many lines of the change feed a search by _lastUpdated
// reads; when more has been written since, records are walked.
const maxFeed = 5000

// updated finds candidates by when they were written: the change feed since
// the earliest moment that the search allows.
func (s *searching) updated(ctx context.Context, src *source) (done bool, err error) {
	since, until := s.q.UpdatedWithin()
	if since.IsZero() {
		return false, nil
	}
	change, err := s.r.ChangeAt(ctx, since.Add(-time.Millisecond))
	if err != nil {
		return false, err
	}
	changes, err := s.r.Changes(ctx, change, maxFeed)
	if err != nil {
		return false, err
	}
	if !until.IsZero() { // what was written later is of a later version
		changes = slices.DeleteFunc(changes, func(c store.Change) bool { return c.At.After(until) })
	}
	if len(changes) >= maxFeed {
		return false, nil
	}
	n := fhir.R4().Number(src.typ)
	var keys []store.Key
	seen := map[store.Key]bool{}
	for _, c := range changes {
		if c.Key.Type() == n && !seen[c.Key] {
			seen[c.Key] = true
			keys = append(keys, c.Key)
		}
	}
	s.tell(fmt.Sprintf("%s: read the %d changed since then", src.typ, len(keys)))
	src.keys = keys
	return true, nil
}

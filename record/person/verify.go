package person

import (
	"context"
	"time"

	"concord/store"
)

// Astray tells whether an entry is tied to one of another person: what the ties
// say and what the links say is not the same. An entry on which nothing was
// decided is not.
func Astray(ctx context.Context, r store.Reader, pk int64) (bool, error) {
	n, err := readNode(ctx, r, pk)
	if err != nil || n == nil {
		return false, err
	}
	mine, err := r.PersonOf(ctx, pk, time.Time{})
	if err != nil {
		return false, err
	}
	for _, t := range n.Pairs {
		other, err := r.PersonOf(ctx, t.To, time.Time{})
		if err != nil {
			return false, err
		}
		if t.Outcome == Joined && other != mine {
			return true, nil
		}
	}
	return false, nil
}

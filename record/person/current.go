package person

import (
	"context"
	"time"

	"concord/fault"
	"concord/store"
)

// Current follows a person's id to the person that it stands for now (or stood
// for at a moment). known is false when the key never was a person.
func Current(ctx context.Context, r store.Reader, pk int64, asAt time.Time) (person int64, members []int64, known bool, err error) {
	for range 32 {
		members, err = r.Members(ctx, pk, asAt)
		if err != nil {
			return 0, nil, false, err
		}
		next, err := r.PersonOf(ctx, pk, asAt)
		if err != nil {
			return 0, nil, false, err
		}
		if next == 0 || next == pk {
			return pk, members, len(members) > 0, nil
		}
		pk = next
	}
	return 0, nil, false, fault.New(fault.Internal, "person.circle", "links between persons go in a circle")
}

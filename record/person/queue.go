package person

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"concord/store"
)

// Queue lists the pairs that wait for a steward, likeliest first, at most
// limit. Those of a store of before decisions were kept come last.
func Queue(ctx context.Context, r store.Keys, limit int) ([]Pair, error) {
	kvs, err := r.ListKeys(ctx, queueSpace, "", limit)
	if err != nil {
		return nil, err
	}
	out := make([]Pair, 0, len(kvs))
	for _, kv := range kvs {
		_, a, b, err := queued(kv.Key)
		if err != nil {
			return nil, err
		}
		p, err := loadPair(ctx, r, a, b)
		if err != nil {
			return nil, err
		}
		out = append(out, *p)
	}
	old, err := r.ListKeys(ctx, oldSpace, "", limit-len(out))
	for _, kv := range old {
		var c struct {
			A, B  int64
			Found time.Time
		}
		if err := json.Unmarshal(kv.Value, &c); err != nil {
			return nil, err
		}
		p, err := loadPair(ctx, r, c.A, c.B)
		if err != nil {
			return nil, err
		}
		if len(p.Decisions) == 0 {
			p.Decisions = []Decision{{Outcome: Possible, By: Before, At: c.Found}}
			out = append(out, *p)
		}
	}
	return out, err
}

// oldSpace is where conflicts were listed before decisions were kept.
const oldSpace = "person-conflict"

// PairOf reads what was decided on two entries.
func PairOf(ctx context.Context, r store.Keys, a, b int64) (*Pair, error) {
	return loadPair(ctx, r, a, b)
}

// Rulings lists rulings of humans, newest first, at most limit.
func Rulings(ctx context.Context, r store.Keys, limit int) ([]Ruling, error) {
	kvs, err := r.ListKeys(ctx, rulingSpace, "", limit)
	if err != nil {
		return nil, err
	}
	out := make([]Ruling, 0, len(kvs))
	for _, kv := range kvs {
		var one Ruling
		if err := json.Unmarshal(kv.Value, &one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// queued reads a key of the queue: the rank, and the pair's record keys.
func queued(key string) (rank, a, b int64, err error) {
	_, err = fmt.Sscanf(key, "%d-%x-%x", &rank, &a, &b)
	return rank, a, b, err
}

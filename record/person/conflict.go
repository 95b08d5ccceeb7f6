package person

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"concord/store"
)

// Conflict is one line of the stewards' list: two entries that share an NHS
// number and whose demographics do not agree. It names fields, not values.
type Conflict struct {
	A, B    int64 // record keys of the entries
	ALID    int64
	BLID    int64
	Differs []Field
	Found   time.Time
}

const conflictSpace = "person-conflict"

func conflictKey(a, b store.Key) string {
	return fmt.Sprintf("%016x-%016x", min(a.PK, b.PK), max(a.PK, b.PK))
}

// conflict files a pair; a pair that is on the list already keeps its place.
func (x Index) conflict(ctx context.Context, tx store.Tx, a, b store.Key, differs []Field) error {
	key := conflictKey(a, b)
	if old, err := tx.GetKey(ctx, conflictSpace, key); err != nil || old != nil {
		return err
	}
	if len(differs) == 0 {
		differs = []Field{DateOfBirth} // missing on one side: not enough to agree
	}
	body, err := json.Marshal(Conflict{A: a.PK, ALID: a.LID, B: b.PK, BLID: b.LID, Differs: differs, Found: tx.Time()})
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, conflictSpace, store.KeyValue{Key: key, Value: body})
}

// settle takes a pair off the list: their demographics agree now.
func (x Index) settle(ctx context.Context, tx store.Tx, a, b store.Key) error {
	key := conflictKey(a, b)
	if old, err := tx.GetKey(ctx, conflictSpace, key); err != nil || old == nil {
		return err
	}
	return tx.DeleteKey(ctx, conflictSpace, key)
}

// Conflicts lists the stewards' list, at most limit.
func Conflicts(ctx context.Context, r store.Reader, limit int) ([]Conflict, error) {
	kvs, err := r.ListKeys(ctx, conflictSpace, "", limit)
	if err != nil {
		return nil, err
	}
	out := make([]Conflict, 0, len(kvs))
	for _, kv := range kvs {
		var c Conflict
		if err := json.Unmarshal(kv.Value, &c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

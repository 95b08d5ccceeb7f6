package record

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"concord/fault"
	"concord/store"
)

// What is kept of standing seals beside their Consents: the change at which one was
// last written, so that a write that was planned before it is planned anew; and for
// each record with one the records that it was carried to, so that it follows the
// person when others are found to be the same.
const (
	standingSpace = "standing-seal"
	standingLast  = "last" // beside the records, which are ids
	standingTopic = "standing-seal"
)

// standingRow is one record with a standing seal.
type standingRow struct {
	Covered []string `json:"covered"` // ids of the records of the human when it was last carried
}

// sealsHold refuses to commit a plan that was made before a standing seal was written;
// change is the last one.
func (p *plan) sealsHold(ctx context.Context, tx store.Tx, change int64) error {
	if change == p.seen {
		return nil
	}
	text, err := tx.GetKey(ctx, standingSpace, standingLast)
	if err != nil || text == nil {
		return err
	}
	last, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "record.standing", "what is kept of standing seals cannot be read")
	}
	if last > p.seen {
		return fault.New(fault.Conflict, "record.raced", "something was sealed meanwhile")
	}
	return nil
}

// carrySeals has the seals that a plan writes carried to what they cover already, and
// to what a report or stay that it seals takes with it.
func (p *plan) carrySeals(ctx context.Context, tx store.Tx) error {
	due := map[int64]bool{}
	for _, dr := range p.drafts {
		switch {
		case dr.setsSeal():
			if err := tx.SetKey(ctx, standingSpace, store.KeyValue{Key: standingLast, Value: strconv.AppendInt(nil, tx.Change(), 10)}); err != nil {
				return err
			}
			if err := writeStanding(ctx, tx, p.desk.ids.encodePK(dr.key.PK), standingRow{}); err != nil {
				return err
			}
		case !dr.idle() && dr.spreads():
		default:
			continue
		}
		due[dr.key.PK] = true
	}
	for pk := range due {
		if _, err := tx.Enqueue(ctx, standingTopic, []byte(p.desk.ids.encodePK(pk)), tx.Time()); err != nil {
			return err
		}
	}
	p.carries = len(due) > 0
	return nil
}

func writeStanding(ctx context.Context, tx store.Tx, key string, row standingRow) error {
	text, err := json.Marshal(row)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "record.standing", "what is kept of standing seals cannot be written")
	}
	return tx.SetKey(ctx, standingSpace, store.KeyValue{Key: "of|" + key, Value: text})
}

// standingLook is how many records with a standing seal are looked at between two
// pauses, for who has become the same human.
const standingLook = 200

// followSeals has the seals of records carried that have come to be of the same human
// as others. It looks at some records at a time, and gives where the next time begins.
func (d *Desk) followSeals(ctx context.Context, after string) (next string, err error) {
	var changed []string
	err = d.engine.View(ctx, func(r store.Reader) error {
		rows, err := r.ListKeysFrom(ctx, standingSpace, "of|", after, standingLook)
		if err != nil {
			return err
		}
		for _, kv := range rows {
			if kv.Key == after {
				continue
			}
			key := kv.Key[len("of|"):]
			var row standingRow
			if err := json.Unmarshal(kv.Value, &row); err != nil {
				return fault.Wrap(err, fault.Internal, "record.standing", "what is kept of standing seals cannot be read")
			}
			now, err := d.sameHumanIDs(ctx, r, key)
			if err != nil {
				return err
			}
			if !slices.Equal(now, row.Covered) {
				changed = append(changed, key)
			}
		}
		if len(rows) == standingLook {
			next = rows[len(rows)-1].Key
		}
		return nil
	})
	if err != nil || len(changed) == 0 {
		return next, err
	}
	return next, d.engine.Update(ctx, func(tx store.Tx) error {
		for _, key := range changed {
			now, err := d.sameHumanIDs(ctx, tx, key)
			if err != nil {
				return err
			}
			if err := writeStanding(ctx, tx, key, standingRow{Covered: now}); err != nil {
				return err
			}
			// Another process may go by who was who before for as long as it remembers it:
			// what it writes until then is looked at again.
			for _, at := range []time.Time{tx.Time(), tx.Time().Add(guardLife + guardLife/2)} {
				if _, err := tx.Enqueue(ctx, standingTopic, []byte(key), at); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

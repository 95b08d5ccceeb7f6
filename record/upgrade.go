package record

import (
	"context"
	"strconv"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// indexVersion grows when what the index keeps of a resource changes, so that
// a store of an older program is brought up to date.
const indexVersion = 6

const versionKey = "version"

// upgrade begins to bring the index of an older store up to date; until that
// is done, searches that would rely on it are answered as busy.
func (d *Desk) upgrade(ctx context.Context) error {
	var have []byte
	var last int64
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		if have, err = r.GetKey(ctx, indexSpace, versionKey); err != nil {
			return err
		}
		last, err = r.LastChange(ctx)
		return err
	})
	current := strconv.Itoa(indexVersion)
	if err != nil || string(have) == current {
		return err
	}
	if n, _ := strconv.Atoi(string(have)); n > indexVersion {
		return fault.New(fault.Unsupported, "store.newer", "the index was written by a newer version of the program")
	}
	empty := last == 0
	if !empty {
		err := d.engine.View(ctx, func(r store.Reader) error {
			docs, err := r.Scan(ctx, 0, store.Key{}, 1)
			empty = len(docs) == 0
			return err
		})
		if err != nil {
			return err
		}
	}
	return d.engine.Update(ctx, func(tx store.Tx) error {
		if err := tx.SetKey(ctx, indexSpace, store.KeyValue{Key: versionKey, Value: []byte(current)}); err != nil || empty {
			return err
		}
		st, err := readIndex(ctx, tx)
		if err != nil {
			return err
		}
		st.Generation++
		types := fhir.R4().Names()
		st.Upgrade = st.Upgrade || st.Phase == "building" || string(have) != "4" && string(have) != "5"
		st.Labels = st.Labels || string(have) != "5" // labelToken came with version 5, and nothing else
		st.Attached = true                           // what leads to Binaries came with version 6, and nothing else
		st.Phase, st.Types, st.Type, st.PK, st.LID = "checking", types, 0, 0, 0
		st.Started, st.Job = tx.Time(), d.ids.encodePK(tx.Change()&(1<<idBits-1))
		if _, err := tx.Enqueue(ctx, reindexTopic, []byte(st.Job), tx.Time()); err != nil {
			return err
		}
		return writeIndex(ctx, tx, st)
	})
}

// complete refuses what relies on an index that is being brought up to date.
func (s *searching) complete() error {
	if s.desk.searches().state.Upgrade {
		return fault.New(fault.Busy, "search.reindexing", "the index is being brought up to date after an upgrade; searches over all records are answered when that is done")
	}
	return nil
}

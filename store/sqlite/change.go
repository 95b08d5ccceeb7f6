package sqlite

import (
	"context"
	"encoding/binary"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

// feed is the packed list of the versions that one Update wrote. Each takes
// four varints: the record key less the one before it (zigzag), the type, the
// sequence, and version << 1 | deleted. That is 5 or 6 bytes a version, and
// one row instead of one per version.
type feed struct {
	packed []byte
	last   int64
}

func (f *feed) add(k store.Key, ver int64, deleted bool) {
	b := binary.AppendVarint(f.packed, k.PK-f.last)
	b = binary.AppendUvarint(b, uint64(k.Type()))
	b = binary.AppendUvarint(b, uint64(k.Seq()))
	v := uint64(ver) << 1
	if deleted {
		v |= 1
	}
	f.packed, f.last = binary.AppendUvarint(b, v), k.PK
}

// unpack hands each version to yield, in the order written.
func unpack(packed []byte, yield func(k store.Key, ver int64, deleted bool)) error {
	var pk int64
	for len(packed) > 0 {
		step, n := binary.Varint(packed)
		if n <= 0 {
			return feedFault()
		}
		packed = packed[n:]
		var v [3]uint64
		for i := range v {
			if v[i], n = binary.Uvarint(packed); n <= 0 {
				return feedFault()
			}
			packed = packed[n:]
		}
		pk += step
		yield(store.Key{PK: pk, LID: store.MakeLID(uint16(v[0]), uint32(v[1]))}, int64(v[2]>>1), v[2]&1 == 1)
	}
	return nil
}

func feedFault() error {
	return fault.New(fault.Internal, "store.damaged", "a row of the change feed cannot be read")
}

// writeFeed files what this Update wrote.
func (t *tx) writeFeed() error {
	if len(t.puts.packed) == 0 {
		return nil
	}
	return t.run("INSERT INTO change (cseq, at, puts) VALUES (?1, ?2, ?3) ON CONFLICT (cseq) DO UPDATE SET puts = excluded.puts",
		t.change, t.at, t.puts.packed)
}

// Changes lists the change feed after a change number. A commit is never cut:
// the last one is given whole, even if that is more than limit.
func (s *snapshot) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	var out []store.Change
	if limit <= 0 {
		return nil, nil
	}
	err := s.each("SELECT cseq, at, puts FROM change WHERE cseq > ?1 ORDER BY cseq", func(st *sqlite.Stmt) error {
		c := store.Change{Change: st.ColumnInt64(0), At: moment(st.ColumnInt64(1))}
		err := unpack(blob(st, 2), func(k store.Key, ver int64, deleted bool) {
			c.Key, c.Version, c.Deleted = k, ver, deleted
			out = append(out, c)
		})
		if err == nil && len(out) >= limit {
			return stop{}
		}
		return err
	}, after)
	return out, err
}

// Changes sees this Update's own versions too.
func (t *tx) Changes(ctx context.Context, after int64, limit int) ([]store.Change, error) {
	if err := t.writeFeed(); err != nil {
		return nil, t.fail(err)
	}
	return t.snapshot.Changes(ctx, after, limit)
}

// LastChange is the change number of the newest commit in this snapshot.
func (s *snapshot) LastChange(context.Context) (int64, error) {
	return s.intOf("SELECT change FROM counter")
}

package sqlite

import (
	"crypto/rand"
	"encoding/hex"

	"concord/fault"
)

// identity is the name of the store, which is made when it is first asked for.
func (s *snapshot) identity() (id [16]byte, err error) {
	if id, err = s.knownIdentity(); err != nil || id != [16]byte{} {
		return id, err
	}
	rand.Read(id[:])
	return id, s.run("INSERT INTO meta (k, v) VALUES ('store', ?1) ON CONFLICT (k) DO UPDATE SET v = excluded.v", hex.EncodeToString(id[:]))
}

// knownIdentity is zero while nobody has asked for the name.
func (s *snapshot) knownIdentity() (id [16]byte, err error) {
	text, err := s.meta("store")
	if err != nil {
		return id, err
	}
	if b, err := hex.DecodeString(text); err == nil && len(b) == len(id) {
		return [16]byte(b), nil
	}
	return id, nil
}

// recover brings into the database what was ahead of it when the process ended.
func (w *writer) recover(rows []logRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	err := w.snap.recover(rows)
	if err == nil {
		err = w.snap.run("COMMIT")
	}
	w.reset()
	return err
}

// recover writes the rows that the database does not have, in the transaction
// that is open. Errors: Internal "store.ahead" when some before them are missing.
func (s *snapshot) recover(rows []logRow) error {
	ends := map[int64]int64{}
	last := int64(0)
	for _, r := range rows {
		end, known := ends[r.log]
		if !known {
			var err error
			if end, err = s.logSize(r.log); err != nil {
				return err
			}
		}
		if r.seq > end {
			return fault.New(fault.Internal, "store.ahead", "concord.db%s has entries of a log of which earlier ones are missing: the database is older than the file; if it was restored to an earlier moment, move the file away", aheadSuffix)
		}
		if r.seq == end {
			if err := s.insertLogs([]logRow{r}); err != nil {
				return err
			}
			end++
		}
		ends[r.log], last = end, max(last, r.at)
	}
	return s.run("UPDATE counter SET at = max(at, ?1)", last)
}

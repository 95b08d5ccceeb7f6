package sqlite

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"concord/fault"
)

// ahead keeps entries of logs durable until the database has them. Most Updates
// append one entry to a log and do nothing else (who reads is told in the audit
// log before they see anything): those that share a commit are one write to this
// file and one sync, in place of a transaction. The database catches up with the
// next transaction, or soon.
//
// The file is used from its beginning each time that the database has caught up.
// A record is four bytes of length, four of checksum (CRC-32C of what follows),
// eight of the round that it was written in, and the entries. What is left of
// earlier rounds is in the database already, and known by its sequence.
type ahead struct {
	f        *os.File
	unsynced bool // a throw-away store
	round    uint64
	at       int64    // where the next record begins
	rows     []logRow // durable, and not in the database
	in       int      // of those, in the transaction that is open
	full     bool     // the database could not catch up: until it can, nothing is taken
	buf      []byte
}

const (
	aheadMagic  = "concord ahead 1\n"
	aheadHead   = len(aheadMagic) + 16 // and the name of the store
	aheadSize   = 1 << 20              // the file is as long from the beginning: a sync then writes no more than what was written
	aheadRows   = 1024                 // so many at most wait for the database
	recordHead  = 16
	aheadSuffix = ".ahead"
)

func aheadTable() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// openAhead makes the database catch up with what the file holds, and the file
// ready. store is the name of the store that the file must be of.
func openAhead(path string, store [16]byte, noSync bool, catchUp func([]logRow) error) (*ahead, error) {
	rows, err := readAhead(path, store)
	if err != nil {
		return nil, err
	}
	if err := catchUp(rows); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, aheadFailed(err)
	}
	a := &ahead{f: f, unsynced: noSync, at: int64(aheadHead)}
	var round [8]byte
	rand.Read(round[:])
	a.round = binary.BigEndian.Uint64(round[:])
	if err = a.begin(store); err == nil && !noSync {
		err = syncDir(filepath.Dir(path)) // the file may be new
	}
	if err != nil {
		f.Close()
		return nil, aheadFailed(err)
	}
	return a, nil
}

// begin writes the front of the file and no record behind it.
func (a *ahead) begin(store [16]byte) error {
	front := append(append([]byte(aheadMagic), store[:]...), make([]byte, recordHead)...)
	info, err := a.f.Stat()
	if err != nil {
		return err
	}
	if _, err := a.f.WriteAt(front, 0); err != nil {
		return err
	}
	if a.unsynced {
		return nil
	}
	if short := aheadSize - max(info.Size(), int64(len(front))); short > 0 {
		if _, err := a.f.WriteAt(make([]byte, short), aheadSize-short); err != nil {
			return err
		}
	}
	return syncData(a.f)
}

// takes tells whether there is room for more rows.
func (a *ahead) takes(rows []logRow) bool {
	return a != nil && !a.full && len(a.rows)+len(rows) <= aheadRows && a.at+int64(recordLength(rows)) < aheadSize
}

func recordLength(rows []logRow) int {
	n := recordHead
	for _, r := range rows {
		n += 4*binary.MaxVarintLen64 + len(r.body)
	}
	return n
}

// add makes rows durable. One that fails leaves nothing behind.
func (a *ahead) add(rows []logRow) error {
	a.buf = packRows(append(a.buf[:0], make([]byte, recordHead)...), rows)
	binary.BigEndian.PutUint64(a.buf[8:], a.round)
	binary.BigEndian.PutUint32(a.buf, uint32(len(a.buf)-recordHead))
	binary.BigEndian.PutUint32(a.buf[4:], crc32.Checksum(a.buf[8:], aheadTable()))
	_, err := a.f.WriteAt(a.buf, a.at)
	if err == nil && !a.unsynced {
		err = syncData(a.f)
	}
	if err != nil {
		a.full = true // whether this record is there is not known: nothing may follow it
		_, werr := a.f.WriteAt(make([]byte, recordHead), a.at)
		return aheadFailed(errors.Join(err, werr))
	}
	a.at += int64(len(a.buf))
	a.rows = append(a.rows, rows...)
	return nil
}

// caughtUp begins a new round: the database has everything.
func (a *ahead) caughtUp() {
	if a == nil || len(a.rows) == 0 && !a.full {
		return
	}
	clear(a.rows)
	a.rows, a.in, a.full, a.at = a.rows[:0], 0, false, int64(aheadHead)
	a.round++
}

// waits tells whether there are rows that are neither in the database nor in the
// transaction that is open.
func (a *ahead) waits() bool { return a != nil && a.in < len(a.rows) }

// none tells whether the database has everything.
func (a *ahead) none() bool { return a == nil || len(a.rows) == 0 }

// time is that of the last entry that waits, 0 without one.
func (a *ahead) time() int64 {
	if a.none() {
		return 0
	}
	return a.rows[len(a.rows)-1].at
}

// end is the sequence after the last entry of a log that waits, at least n.
func (a *ahead) end(log, n int64) int64 {
	if a == nil {
		return n
	}
	for _, r := range a.rows {
		if r.log == log {
			n = max(n, r.seq+1)
		}
	}
	return n
}

func packRows(b []byte, rows []logRow) []byte {
	for _, r := range rows {
		for _, v := range [...]int64{r.log, r.seq, r.at, int64(len(r.body))} {
			b = binary.AppendUvarint(b, uint64(v))
		}
		b = append(b, r.body...)
	}
	return b
}

func unpackRows(b []byte) (rows []logRow, ok bool) {
	for len(b) > 0 {
		var v [4]int64
		for i := range v {
			n, k := binary.Uvarint(b)
			if k <= 0 {
				return nil, false
			}
			v[i], b = int64(n), b[k:]
		}
		if v[3] < 0 || v[3] > int64(len(b)) {
			return nil, false
		}
		rows = append(rows, logRow{v[0], v[1], v[2], bytes.Clone(b[:v[3]])})
		b = b[v[3]:]
	}
	return rows, true
}

// readAhead gives the rows of the file's last round. A record that was not
// wholly written was never answered for. Errors: Conflict "store.ahead" when the
// file is another store's.
func readAhead(path string, store [16]byte) ([]logRow, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) < aheadHead {
		return nil, nil
	}
	if err != nil {
		return nil, aheadFailed(err)
	}
	rows := aheadRecords(text[aheadHead:])
	if len(rows) > 0 && (string(text[:len(aheadMagic)]) != aheadMagic || !bytes.Equal(text[len(aheadMagic):aheadHead], store[:])) {
		return nil, fault.New(fault.Conflict, "store.ahead", "concord.db%s holds audit entries of another store: move it to where it belongs", aheadSuffix)
	}
	return rows, nil
}

func aheadRecords(b []byte) (rows []logRow) {
	for first := uint64(0); len(b) >= recordHead; {
		length, sum, round := int64(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint64(b[8:])
		if length == 0 || length > int64(len(b)-recordHead) || rows != nil && round != first || crc32.Checksum(b[8:recordHead+length], aheadTable()) != sum {
			return rows
		}
		more, ok := unpackRows(b[recordHead : recordHead+length])
		if !ok {
			return rows
		}
		rows, first, b = append(rows, more...), round, b[recordHead+length:]
	}
	return rows
}

// close leaves no more than the front of the file when the database has everything.
func (a *ahead) close() error {
	if a == nil {
		return nil
	}
	var err error
	if a.none() && !a.full {
		err = a.f.Truncate(int64(aheadHead))
	}
	return errors.Join(err, a.f.Close())
}

func aheadFailed(err error) error {
	return fault.Wrap(err, fault.Busy, "store.full", "the disk is full or does not accept writes; nothing of this was kept")
}

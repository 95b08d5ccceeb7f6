package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
)

// A row is what the log keeps of an entry:
//
//	version 1, form   1 byte each
//	writer            8 bytes, drawn by a process when it begins to write
//	counter           8 bytes, 0, 1, 2 … of that writer
//	time              8 bytes, microseconds since 1970
//	chain             32 bytes, the leaf of that writer's row before, or zeros
//	form 0: salt      16 bytes, random; then the payload, the entry's JSON
//	form 1: salted    32 bytes, what was the hash of salt and payload; then the
//	                  name of the rule of retention that removed them
//
// Numbers are big-endian. Its leaf is the RFC 6962 leaf of writer, counter,
// time, chain and salted hash, the same in both forms: a removed payload
// changes no hash, and what is left tells nothing of it without the salt.
// Rows of stores from before the salt are the bare JSON of an entry.
type row struct {
	writer  [8]byte
	counter uint64
	at      int64
	chain   tlog.Hash
	salt    [saltSize]byte
	payload []byte // nil when removed
	salted  [32]byte
	rule    string // that removed the payload
	legacy  bool
}

const (
	rowVersion           = 1
	formKept, formErased = 0, 1
	saltSize             = 16
	headSize             = 2 + 8 + 8 + 8 + 32
)

// badRow is the error of a row that nobody here has written.
func badRow() error {
	return fault.New(fault.Invalid, "audit.row", "the row of the audit log cannot be read")
}

// parseRow reads a row. Errors: Invalid "audit.row".
func parseRow(body []byte) (row, error) {
	r, err := splitRow(body)
	if err == nil && !r.legacy && r.payload != nil {
		r.salted = sha256.Sum256(body[headSize:]) // salt and payload
	}
	return r, err
}

// splitRow is parseRow but for the salted hash of a payload that is there: who
// only reads the payload need not pay for it.
func splitRow(body []byte) (row, error) {
	var r row
	if len(body) > 0 && body[0] == '{' {
		r.legacy, r.payload = true, body
		return r, nil
	}
	if len(body) < headSize || body[0] != rowVersion {
		return r, badRow()
	}
	copy(r.writer[:], body[2:])
	r.counter = binary.BigEndian.Uint64(body[10:])
	r.at = int64(binary.BigEndian.Uint64(body[18:]))
	copy(r.chain[:], body[26:])
	rest := body[headSize:]
	switch {
	case body[1] == formKept && len(rest) > saltSize:
		copy(r.salt[:], rest)
		r.payload = rest[saltSize:]
	case body[1] == formErased && len(rest) > sha256.Size:
		copy(r.salted[:], rest)
		r.rule = string(rest[sha256.Size:])
	default:
		return r, badRow()
	}
	return r, nil
}

// seal gives the salted hash of the payload.
func (r *row) seal() {
	h := sha256.New()
	h.Write(r.salt[:])
	h.Write(r.payload)
	h.Sum(r.salted[:0])
}

// encode writes the row.
func (r *row) encode() []byte {
	form := byte(formKept)
	if r.payload == nil {
		form = formErased
	}
	out := make([]byte, 0, headSize+sha256.Size+len(r.payload)+len(r.rule))
	out = append(out, rowVersion, form)
	out = append(out, r.writer[:]...)
	out = binary.BigEndian.AppendUint64(out, r.counter)
	out = binary.BigEndian.AppendUint64(out, uint64(r.at))
	out = append(out, r.chain[:]...)
	if form == formErased {
		out = append(out, r.salted[:]...)
		return append(out, r.rule...)
	}
	out = append(out, r.salt[:]...)
	return append(out, r.payload...)
}

// erased is the row without payload and salt.
func (r row) erased(rule string) row {
	r.payload, r.salt, r.rule = nil, [saltSize]byte{}, rule
	return r
}

// leaf is the row's leaf in the tree.
func (r *row) leaf() tlog.Hash {
	if r.legacy {
		return tlog.RecordHash(r.payload)
	}
	// https://www.rfc-editor.org/rfc/rfc6962#section-2.1: a leaf begins with 0.
	var b [1 + 8 + 8 + 8 + 32 + 32]byte
	copy(b[1:], r.writer[:])
	binary.BigEndian.PutUint64(b[9:], r.counter)
	binary.BigEndian.PutUint64(b[17:], uint64(r.at))
	copy(b[25:], r.chain[:])
	copy(b[57:], r.salted[:])
	return sha256.Sum256(b[:])
}

// time is when the entry was made; zero in rows that do not say.
func (r *row) time() time.Time {
	if r.legacy {
		return time.Time{}
	}
	return time.UnixMicro(r.at).UTC()
}

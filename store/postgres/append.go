package postgres

import (
	"bytes"
	"context"

	"concord/fault"
)

// tail is the end of a log as this process knows it: how many entries and
// hashes there are, and the newest hashes, which the next ones are made of.
// Another process's commit makes it worthless.
type tail struct {
	entries, hashes int64
	recent          [][hashSize]byte // up to the last one
}

// Hashes that a tail keeps after a commit: a tree asks for older ones seldom.
const (
	recentHashes = 4096
	mostHashes   = 2 * recentHashes
)

// trim forgets old hashes.
func (t *tail) trim() {
	if n := len(t.recent); n > mostHashes {
		t.recent = append(t.recent[:0:0], t.recent[n-recentHashes:]...)
	}
}

// entry is one line of a log.
type entry struct {
	log     int32
	seq, at int64
	body    []byte
}

// hashRun is some hashes of a log, numbered from first.
type hashRun struct {
	log   int32
	first int64
	h     []byte
}

// longestRun is how many bytes of hashes go into one row: about what fits
// beside others in a page.
const longestRun = 48 * hashSize

const (
	addEntries = "INSERT INTO log (log, seq, at, body) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[])"
	addHashes  = "INSERT INTO loghash (log, first, h) SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[])"
)

func sendEntries(c *conn, list []entry) {
	if len(list) == 0 {
		return
	}
	logs, seqs, ats, bodies := make([]int32, len(list)), make([]int64, len(list)), make([]int64, len(list)), make([][]byte, len(list))
	for i, e := range list {
		logs[i], seqs[i], ats[i], bodies[i] = e.log, e.seq, e.at, e.body
	}
	c.send(addEntries, nil, logs, seqs, ats, bodies)
}

// sendRuns writes hashes; runs that follow each other become one row.
func sendRuns(c *conn, list []hashRun) {
	if len(list) == 0 {
		return
	}
	var logs []int32
	var firsts []int64
	var runs [][]byte
	at := map[int32]int{} // the last row of each log
	for _, r := range list {
		if i, ok := at[r.log]; ok && len(runs[i])+len(r.h) <= longestRun {
			runs[i] = append(runs[i], r.h...)
			continue
		}
		at[r.log] = len(runs)
		logs, firsts, runs = append(logs, r.log), append(firsts, r.first), append(runs, bytes.Clone(r.h))
	}
	c.send(addHashes, nil, logs, firsts, runs)
}

// tail is the end of a log, asked for once and then kept.
func (t *tx) tail(ctx context.Context, id int32) (*tail, error) {
	w := t.g.w
	if end := w.tails[id]; end != nil {
		return end, nil
	}
	end := &tail{}
	t.send(logSize, func(r row) error { end.entries = r.int(0); return nil }, id)
	if err := t.each(ctx, hashCount, func(r row) error { end.hashes = r.int(0); return nil }, id); err != nil {
		return nil, err
	}
	w.tails[id] = end
	return end, nil
}

func (t *tx) logEnd(ctx context.Context, log string) (int32, *tail, error) {
	id, err := t.intern(ctx, log)
	if err != nil {
		return 0, nil, err
	}
	end, err := t.tail(ctx, id)
	return id, end, err
}

// AppendLog adds an entry and returns its sequence.
func (t *tx) AppendLog(ctx context.Context, log string, body []byte) (int64, error) {
	id, end, err := t.logEnd(ctx, log)
	if err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, cancelled(err)
	}
	t.logged = true
	g := t.g
	g.buf.entries = append(g.buf.entries, entry{id, end.entries, t.at, bytes.Clone(body)})
	end.entries++
	g.undo = append(g.undo, func() { end.entries-- })
	return end.entries - 1, nil
}

// AppendHashes stores hashes numbered from first on, which must be the next
// number. Errors: Conflict "store.hash-gap".
func (t *tx) AppendHashes(ctx context.Context, log string, first int64, hashes [][hashSize]byte) error {
	if len(hashes) == 0 {
		return nil
	}
	id, end, err := t.logEnd(ctx, log)
	if err != nil {
		return err
	}
	if first != end.hashes {
		return fault.New(fault.Conflict, "store.hash-gap", "the next hash of the log is number %d, not %d", end.hashes, first)
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	packed := make([]byte, 0, len(hashes)*hashSize)
	for i := range hashes {
		packed = append(packed, hashes[i][:]...)
	}
	g, n := t.g, len(hashes)
	g.buf.runs = append(g.buf.runs, hashRun{id, first, packed})
	end.recent = append(end.recent, hashes...)
	end.hashes += int64(n)
	g.undo = append(g.undo, func() {
		end.hashes -= int64(n)
		end.recent = end.recent[:len(end.recent)-n]
	})
	return nil
}

// LogSize sees this Update's own entries too.
func (t *tx) LogSize(ctx context.Context, log string) (int64, error) {
	id, err := t.nameID(ctx, log)
	if err != nil || id == 0 {
		return 0, err
	}
	end, err := t.tail(ctx, id)
	if err != nil {
		return 0, err
	}
	return end.entries, nil
}

// LogHashes sees this Update's own hashes too. The newest are in memory.
func (t *tx) LogHashes(ctx context.Context, log string, numbers []int64) ([][hashSize]byte, error) {
	id, err := t.nameID(ctx, log)
	if err != nil {
		return nil, err
	}
	end, err := t.tail(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([][hashSize]byte, len(numbers))
	var older []int64
	var places []int
	kept := end.hashes - int64(len(end.recent))
	for i, n := range numbers {
		switch {
		case n < 0 || n >= end.hashes:
			return nil, hashFault(n)
		case n >= kept:
			out[i] = end.recent[n-kept]
		default:
			older, places = append(older, n), append(places, i)
		}
	}
	if len(older) == 0 {
		return out, nil
	}
	found, err := t.hashes(ctx, id, older)
	for i := range found {
		out[places[i]] = found[i]
	}
	return out, err
}

package postgres

import (
	"context"
	"time"

	"concord/store"
)

// tx is one Update. What is asked often is answered from the buffer and, where
// that does not know, the database; for the rest the buffer is sent first
// (seen). Its snapshot is taken away when the function returns, so that a Tx
// kept longer cannot write.
type tx struct {
	*snapshot
	g      *group
	mark   mark
	change int64
	at     int64 // microseconds since 1970
	dirty  bool
	logged bool // an entry of a log was appended
	strict bool // nothing is guessed
	// guessed: something was taken for granted that the commit has to prove.
	guessed bool
	saved   bool // a savepoint stands before what the server has of this Update
	puts    store.PackedVersions
}

var _ store.Tx = (*tx)(nil)

func (t *tx) Change() int64 { return t.change }

func (t *tx) Time() time.Time { return moment(t.at) }

// LastChange is this Update's own number once it has written more than logs.
func (t *tx) LastChange(context.Context) (int64, error) {
	if t.dirty {
		return t.change, nil
	}
	return t.change - 1, nil
}

// write is asked before anything is written.
func (t *tx) write(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	t.dirty = true
	return nil
}

// finish closes an Update that succeeded.
func (t *tx) finish() {
	if t.logged {
		t.g.c.at = t.at
	}
	if !t.dirty {
		return
	}
	t.g.c.change, t.g.c.at = t.change, t.at
	t.writeFeed()
}

// writeFeed files what this Update wrote so far.
func (t *tx) writeFeed() {
	if len(t.puts.Bytes) == 0 {
		return
	}
	b := &t.g.buf
	if n := len(b.changes); n > 0 && b.changes[n-1].change == t.change {
		b.changes[n-1].puts = t.puts.Bytes
		return
	}
	b.changes = append(b.changes, changeRow{t.change, t.at, t.puts.Bytes})
}

// seen sends what is gathered, so that any question is answered rightly. A
// savepoint keeps what this Update writes apart from the others'.
func (t *tx) seen(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	t.writeFeed()
	g := t.g
	if g.buf.empty() {
		return nil
	}
	return t.save()
}

// save opens the transaction if it is not, sets the savepoint and sends what
// is gathered.
func (t *tx) save() error {
	g := t.g
	if g.broken != nil {
		return failed(g.broken, "write")
	}
	if err := g.ensureLock(); err != nil {
		return err
	}
	c, end := g.w.c, g.buf.sizes()
	from := sizes{}
	if !t.saved {
		g.buf.send(c, sizes{}, t.mark.buf, g.freshAbove)
		c.send(savepoint, nil)
		from = t.mark.buf
	}
	g.buf.send(c, from, end, g.freshAbove)
	if err := g.w.wait(context.Background()); err != nil {
		g.broken = verdict(err)
		return failed(err, "write")
	}
	t.saved = true
	g.buf.reset()
	g.freshAbove = g.c.pk
	return nil
}

// ensureLock opens the group's transaction. What the group was told so far
// must still be so.
func (g *group) ensureLock() error {
	if g.open {
		return nil
	}
	if err := g.lock(); err != nil {
		g.broken = err
		return failed(err, "lock")
	}
	if g.w.head.n != g.base.n {
		g.broken = errStale
		return failed(errStale, "lock")
	}
	return nil
}

// direct runs a statement that changes something at once.
func (t *tx) direct(ctx context.Context, query string, sink func(row) error, args ...any) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	if !t.saved || !t.g.buf.empty() {
		if err := t.save(); err != nil {
			return err
		}
	}
	t.dirty = true
	t.g.w.c.send(query, sink, args...)
	if err := t.g.w.wait(context.Background()); err != nil {
		t.g.broken = verdict(err)
		return failed(err, "write")
	}
	return nil
}

type changeRow struct {
	change, at int64
	puts       []byte
}

const addChanges = `INSERT INTO change (cseq, at, puts) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])
	ON CONFLICT (cseq) DO UPDATE SET puts = excluded.puts`

func sendChanges(c *conn, list []changeRow) {
	if len(list) == 0 {
		return
	}
	cseqs, ats, puts := make([]int64, len(list)), make([]int64, len(list)), make([][]byte, len(list))
	for i, r := range list {
		cseqs[i], ats[i], puts[i] = r.change, r.at, r.puts
	}
	c.send(addChanges, nil, cseqs, ats, puts)
}

type nameRow struct {
	id int32
	v  string
}

const addNames = "INSERT INTO name (id, v) SELECT * FROM unnest($1::int[], $2::bytea[])"

func sendNames(c *conn, list []nameRow) {
	if len(list) == 0 {
		return
	}
	ids, vs := make([]int32, len(list)), make([][]byte, len(list))
	for i, n := range list {
		ids[i], vs[i] = n.id, []byte(n.v)
	}
	c.send(addNames, nil, ids, vs)
}

// intern gives a name its number, making one if it is new.
func (t *tx) intern(ctx context.Context, v string) (int32, error) {
	id, err := t.nameID(ctx, v)
	if err != nil || id != 0 || v == "" {
		return id, err
	}
	if err := t.write(ctx); err != nil {
		return 0, err
	}
	g := t.g
	g.c.name++
	id = g.c.name
	g.buf.names = append(g.buf.names, nameRow{id, v})
	t.fresh[v] = id
	delete(g.w.memory.nameless, v)
	g.undo = append(g.undo, func() { delete(g.snap.fresh, v) })
	return id, nil
}

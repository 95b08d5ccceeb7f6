package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"concord/store"
)

// conn is one connection. Statements are sent without waiting and answered in
// order; those between two syncs stand or fall together. pgconn makes the
// connection (addresses, TLS, passwords); what follows is the extended query
// protocol itself, so that a whole transaction is one journey.
//
// https://www.postgresql.org/docs/15/protocol-flow.html
type conn struct {
	pg    *pgconn.PgConn
	fe    *pgproto3.Frontend
	now   func() time.Time
	stmts map[string]string // statement to its name on the server
	born  int

	waits []item // sent and not yet answered, in order
	sunk  error  // the first failure of a sink
	open  bool   // statements were sent since the last sync
	dead  error  // the connection is lost
	// leaving: what leaveLater left is not sent yet.
	leaving bool

	params [][]byte // scratch
	room   []byte   // scratch
	seen   func(statement string, types []uint32)
	// head is the newest number in head that this connection has shown.
	head     int64
	used     time.Time // when a pool got it back
	journeys int       // how often it has waited for the server
}

// item is one statement whose answer is to come, or a sync.
type item struct {
	query string
	parse bool // it was also prepared
	sync  bool
	quiet bool // what leave has sent: it concerns nobody
	sink  func(row) error
	rows  int
}

// dial makes a connection.
func dial(ctx context.Context, config *pgconn.Config, now func() time.Time, seen func(string, []uint32)) (*conn, error) {
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		if ctx.Err() != nil {
			return nil, cancelled(ctx.Err())
		}
		if code, _ := state(err); code != "" && code[:2] != "57" && code[:2] != "53" && code[:2] != "08" {
			return nil, failed(err, "sign in to the database")
		}
		return nil, unreachable(err)
	}
	return &conn{pg: pg, fe: pg.Frontend(), now: now, stmts: map[string]string{}, room: make([]byte, 0, 512), seen: seen}, nil
}

// send queues a statement. Its rows go to sink, which may be nil.
func (c *conn) send(query string, sink func(row) error, args ...any) {
	name, known := c.stmts[query]
	if !known {
		c.born++
		name = "s" + strconv.Itoa(c.born)
		c.stmts[query] = name
		oids := make([]uint32, len(args))
		for i, a := range args {
			oids[i] = typeOf(a)
		}
		if c.seen != nil {
			c.seen(query, oids)
		}
		c.fe.SendParse(&pgproto3.Parse{Name: name, Query: query, ParameterOIDs: oids})
	}
	c.params, c.room = c.params[:0], c.room[:0]
	for _, a := range args {
		from := len(c.room)
		c.room = encode(c.room, a)
		// An earlier parameter may lie in room's old array: it is not written to again.
		c.params = append(c.params, c.room[from:len(c.room):len(c.room)])
	}
	c.fe.SendBind(&pgproto3.Bind{PreparedStatement: name, ParameterFormatCodes: binary1, Parameters: c.params, ResultFormatCodes: binary1})
	c.fe.SendExecute(&pgproto3.Execute{})
	c.waits = append(c.waits, item{query: query, parse: !known, sink: sink})
	c.open = true
}

// binary1 asks for the binary form throughout. It is never written to.
var binary1 = []int16{1}

// sync ends what stands or falls together.
func (c *conn) sync(quiet bool) {
	c.fe.SendSync(&pgproto3.Sync{})
	c.waits = append(c.waits, item{sync: true, quiet: quiet})
	c.open = false
}

// leave sends a statement whose answer nobody waits for: it is read before the
// next one's.
func (c *conn) leave(query string) {
	c.leaveLater(query)
	c.flush()
}

// leaveLater is leave, but that the statement goes with the next one, or when
// flush is called.
func (c *conn) leaveLater(query string) {
	if c.dead != nil {
		return
	}
	c.send(query, nil)
	c.waits[len(c.waits)-1].quiet = true
	c.sync(true)
	c.leaving = true
}

// flush sends what was left for later.
func (c *conn) flush() {
	if !c.leaving || c.dead != nil {
		return
	}
	c.leaving = false
	if err := c.fe.Flush(); err != nil {
		c.dead = &lost{err}
	}
}

// run sends a statement and waits for all that was sent.
func (c *conn) run(ctx context.Context, query string, sink func(row) error, args ...any) error {
	c.send(query, sink, args...)
	return c.wait(ctx)
}

// wait reads every answer that is to come and gives the first failure. When
// the context ends first the server is told and the connection given up.
func (c *conn) wait(ctx context.Context) error {
	if c.dead != nil {
		c.waits = c.waits[:0]
		return c.dead
	}
	if c.open {
		c.sync(false)
	}
	var stop func() bool
	if ctx.Done() != nil {
		if err := ctx.Err(); err != nil && len(c.waits) == 0 {
			return cancelled(err)
		}
		stop = context.AfterFunc(ctx, func() { _ = c.pg.Conn().SetDeadline(time.Unix(1, 0)) })
	}
	c.journeys++
	err := c.drain(store.TraceOf(ctx))
	if stop != nil && !stop() && c.dead == nil {
		c.dead = &lost{ctx.Err()} // the deadline stands
	}
	if c.dead != nil && ctx.Err() != nil {
		c.abort()
		if err == nil {
			return nil // it came just in time
		}
		return cancelled(ctx.Err())
	}
	return err
}

// abort asks the server, in the background, to stop what nobody waits for.
func (c *conn) abort() {
	pg := c.pg
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = pg.CancelRequest(ctx)
		_ = pg.Conn().Close()
	}()
}

func (c *conn) drain(trace store.Trace) error {
	c.leaving = false
	if err := c.fe.Flush(); err != nil {
		c.dead = &lost{err}
	}
	var first, failure error // of all, of those up to the next sync
	mark := time.Time{}
	if trace != nil {
		mark = c.now()
	}
	for i := 0; i < len(c.waits) && c.dead == nil; {
		it := &c.waits[i]
		err, done := c.answer(it)
		if err != nil && failure == nil {
			failure = err
		}
		if !done {
			continue
		}
		if trace != nil && !it.sync && !it.quiet && it.query != beginView {
			now := c.now()
			trace(it.query, it.rows, now.Sub(mark))
			mark = now
		}
		if it.sync {
			if first == nil && !it.quiet {
				first = failure
			}
			failure = nil
		}
		i++
		if failure != nil && !it.sync { // the server skips what follows until the sync
			for ; i < len(c.waits) && !c.waits[i].sync; i++ {
				c.forget(&c.waits[i])
			}
		}
	}
	clear(c.waits)
	c.waits = c.waits[:0]
	sunk := c.sunk
	c.sunk = nil
	switch {
	case c.dead != nil:
		return c.dead
	case first != nil:
		return first
	}
	return sunk
}

// forget takes back that a statement was prepared, when it was not.
func (c *conn) forget(it *item) {
	if it.parse {
		delete(c.stmts, it.query)
	}
}

// answer reads one message for an item and tells whether the item is done.
func (c *conn) answer(it *item) (err error, done bool) {
	msg, err := c.fe.Receive()
	if err != nil {
		c.dead = &lost{err}
		return nil, false
	}
	switch m := msg.(type) {
	case *pgproto3.ParseComplete:
		it.parse = false
	case *pgproto3.DataRow:
		it.rows++
		if it.sink != nil {
			if err := it.sink(row(m.Values)); err != nil {
				it.sink = nil
				c.sunk = err
			}
		}
	case *pgproto3.CommandComplete:
		if it.rows == 0 {
			it.rows = int(pgconn.NewCommandTag(string(m.CommandTag)).RowsAffected())
		}
		return nil, true
	case *pgproto3.EmptyQueryResponse, *pgproto3.PortalSuspended:
		return nil, true
	case *pgproto3.ReadyForQuery:
		return nil, it.sync
	case *pgproto3.ErrorResponse:
		pg := pgconn.ErrorResponseToPgError(m)
		if pg.SeverityUnlocalized == "FATAL" || pg.SeverityUnlocalized == "PANIC" {
			c.dead = &lost{pg}
			return nil, false
		}
		c.forget(it)
		return pg, !it.sync
	}
	return nil, false
}

// restTime is how long a connection rests before it is asked whether it
// stands.
const restTime = time.Second

// stands tells whether the connection can be used. One that has rested is
// asked, so that a restart of the server is not seen by the next View.
func (c *conn) stands() bool {
	if c.dead != nil || c.now().Sub(c.used) < restTime {
		return c.dead == nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return c.run(ctx, "SELECT 1", nil) == nil
}

// close ends the connection.
func (c *conn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.pg.Close(ctx)
}

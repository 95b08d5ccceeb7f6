package postgres

import (
	"context"
	"errors"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"concord/fault"
	"concord/store"
)

// Options of one engine. The zero value of each field but Now is a good
// choice.
type Options struct {
	// Now is the clock. Required.
	Now func() time.Time
	// Schema holds the tables. Default: the DSN's search_path, else "concord".
	Schema string
	// Conns is the number of Views at the same time, default 8. The writer has
	// a connection of its own.
	Conns int
	// Replica is the DSN of a streaming replica that answers Views. Without it,
	// or while it cannot be reached or lags too far, the primary does.
	Replica string
	// ReplicaWait is how long a View waits for the replica to have what this
	// process wrote last, default 100 ms; then it goes to the primary.
	ReplicaWait time.Duration
	// Patience is how long the writer tries to find out what became of a commit
	// when the connection broke, default 30 s.
	Patience time.Duration
}

const (
	defaultConns       = 8
	defaultReplicaWait = 100 * time.Millisecond
	defaultPatience    = 30 * time.Second
)

// Engine is a store in one schema of a PostgreSQL database.
type Engine struct {
	opts    Options
	schema  string
	config  *pgconn.Config
	names   *names
	aliases aliasCache
	writer  *writer
	readers *pool
	replica *pool
	rest    replicaRest
	// kept is the newest number in head that this process has written, or found
	// when it started.
	kept atomic.Int64
	// interrupted is true when a bulk load was never finished.
	interrupted atomic.Bool
	probe       probe
}

var _ store.Engine = (*Engine)(nil)

// Open opens or makes the store that a DSN names (a URL or key=value words, as
// for psql). Several processes may have it open at the same time. Errors: Busy
// "store.unreachable", Unsupported "store.newer" or "store.server" (older than
// PostgreSQL 15).
func Open(ctx context.Context, dsn string, o Options) (*Engine, error) {
	return open(ctx, dsn, o, probe{})
}

// probe is for tests: it is told of statements, and forbids to guess.
type probe struct {
	seen   func(statement string, types []uint32)
	strict bool
}

func open(ctx context.Context, dsn string, o Options, p probe) (*Engine, error) {
	if o.Now == nil {
		return nil, fault.New(fault.Internal, "store.options", "a clock is required")
	}
	if o.Conns <= 0 {
		o.Conns = defaultConns
	}
	if o.ReplicaWait <= 0 {
		o.ReplicaWait = defaultReplicaWait
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	e := &Engine{opts: o, names: newNames(), probe: p}
	var err error
	if e.config, e.schema, err = configure(dsn, o.Schema); err != nil {
		return nil, err
	}
	e.readers = newPool(e.config, o.Conns, o.Now, p.seen)
	if o.Replica != "" {
		config, _, err := configure(o.Replica, e.schema)
		if err != nil {
			return nil, err
		}
		e.replica = newPool(config, o.Conns, o.Now, p.seen)
	}
	if e.writer, err = openWriter(ctx, e); err != nil {
		e.Close()
		return nil, err
	}
	if err := e.loadMark(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// settings of every connection. All our statements are meant to follow an
// index; a planner that is told so does not change its mind when statistics
// are old or the store is small. Each is planned once.
//
// https://www.postgresql.org/docs/15/runtime-config-query.html
func settings() map[string]string {
	return map[string]string{
		"application_name": "concord", "plan_cache_mode": "force_generic_plan", "jit": "off",
		"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off", "enable_sort": "off",
		"max_parallel_workers_per_gather": "0", "client_encoding": "UTF8", "bytea_output": "hex",
		"idle_in_transaction_session_timeout": "0", "statement_timeout": "0", "lock_timeout": "30s",
	}
}

func configure(dsn, schema string) (*pgconn.Config, string, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		// The error may quote the password.
		return nil, "", fault.New(fault.Invalid, "store.dsn", "the address of the database cannot be read")
	}
	if schema == "" {
		schema = config.RuntimeParams["search_path"]
	}
	if schema == "" {
		schema = "concord"
	}
	if !plainName.MatchString(schema) {
		return nil, "", fault.New(fault.Invalid, "store.schema", "the name of a schema is lower-case letters, digits and _")
	}
	for k, v := range settings() {
		config.RuntimeParams[k] = v
	}
	config.RuntimeParams["search_path"] = schema
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	return config, schema, nil
}

// Interrupted tells whether a bulk load was switched on and the process ended
// before it was switched off: what it loaded may be incomplete.
func (e *Engine) Interrupted() bool { return e.interrupted.Load() }

// Close waits for the Views and Updates under way and ends the connections.
func (e *Engine) Close() error {
	e.readers.close()
	if e.replica != nil {
		e.replica.close()
	}
	if e.writer != nil {
		e.writer.close()
	}
	return nil
}

// script runs statements in the simple protocol, several at once.
func (c *conn) script(ctx context.Context, text string) error {
	if c.dead != nil {
		return c.dead
	}
	if len(c.waits) > 0 || c.open {
		if err := c.wait(ctx); err != nil {
			return err
		}
	}
	_, err := c.pg.Exec(ctx, text).ReadAll()
	if err != nil {
		if code, _ := state(err); code == "" {
			c.dead = &lost{err}
			return c.dead
		}
	}
	return err
}

// checkServer refuses servers that are too old.
func checkServer(ctx context.Context, c *conn) error {
	n := int64(0)
	err := c.run(ctx, "SELECT current_setting('server_version_num')::int", func(r row) error { n = r.int(0); return nil })
	if err != nil {
		return failed(err, "ask for the server's version")
	}
	if n < 150000 {
		return fault.Wrap(errors.New("server_version_num below 150000"), fault.Unsupported, "store.server", "PostgreSQL 15 or newer is required")
	}
	return nil
}

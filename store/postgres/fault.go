package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"concord/fault"
)

// SQLSTATE codes that mean something to us.
// https://www.postgresql.org/docs/15/errcodes-appendix.html
const (
	stateUnique      = "23505"
	stateDivision    = "22012" // how our statements say that what they expected is not so
	stateSerialize   = "40001"
	stateDeadlock    = "40P01"
	stateLock        = "55P03"
	stateCancelled   = "57014"
	stateConnections = "53300"
)

// lost is the end of a connection: what was sent may or may not have been done.
type lost struct{ cause error }

func (l *lost) Error() string { return "connection lost: " + l.cause.Error() }
func (l *lost) Unwrap() error { return l.cause }

func isLost(err error) bool {
	var l *lost
	return errors.As(err, &l)
}

// failed turns an error of the server or the connection into a fault. A Fault
// passes unchanged. What the server says may quote a row, so its detail is
// left out: only the code and the place in the schema are kept.
func failed(err error, doing string) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	var l *lost
	if errors.As(err, &l) {
		return unreachable(l.cause)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return cancelled(err)
	}
	if errors.Is(err, errStale) || errors.Is(err, errGuess) {
		return fault.Wrap(err, fault.Busy, "store.busy", "others were always first; try again")
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return fault.Wrap(err, fault.Internal, "store.postgres", "cannot %s", doing)
	}
	cause := errors.New("SQLSTATE " + pg.Code + " " + pg.TableName + " " + pg.ConstraintName + " " + pg.Routine)
	switch {
	case pg.Code == stateSerialize, pg.Code == stateDeadlock, pg.Code == stateLock:
		return fault.Wrap(cause, fault.Busy, "store.busy", "the store is held by others; try again")
	case pg.Code == stateCancelled:
		return fault.Wrap(cause, fault.Busy, "store.cancelled", "the caller gave up waiting")
	case pg.Code == stateConnections, class(pg, "08"), class(pg, "57"):
		return unreachable(cause)
	case class(pg, "53"):
		return fault.Wrap(cause, fault.Busy, "store.full", "the disk of the database is full or does not accept writes; nothing of this was kept")
	case class(pg, "XX"), class(pg, "58"):
		return fault.Wrap(cause, fault.Internal, "store.damaged", "the database reports damage or a failure of its disk")
	}
	return fault.Wrap(cause, fault.Internal, "store.postgres", "cannot %s", doing)
}

func class(e *pgconn.PgError, c string) bool { return len(e.Code) == 5 && e.Code[:2] == c }

// state is the SQLSTATE of an error, "" when the server did not send it.
func state(err error) (code, constraint string) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code, pg.ConstraintName
	}
	return "", ""
}

func unreachable(err error) error {
	return fault.Wrap(err, fault.Busy, "store.unreachable", "the database cannot be reached; try again")
}

func cancelled(err error) error {
	return fault.Wrap(err, fault.Busy, "store.cancelled", "the caller gave up waiting")
}

func closedFault() error {
	return fault.New(fault.Busy, "store.closed", "the store is closed")
}

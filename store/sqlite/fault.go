package sqlite

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"concord/fault"
)

// failed turns an error of the engine into a fault. A Fault passes unchanged.
//
// Result codes: https://www.sqlite.org/rescode.html
func failed(err error, doing string) error {
	if err == nil {
		return nil
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return cancelled(err)
	}
	switch code := sqlite.ErrCode(err); code.ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultIOErr:
		return fault.Wrap(err, fault.Busy, "store.full", "the disk is full or does not accept writes; nothing of this was kept")
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return fault.Wrap(err, fault.Busy, "store.busy", "the store is held by another process")
	case sqlite.ResultInterrupt:
		return fault.Wrap(err, fault.Busy, "store.cancelled", "the caller gave up waiting")
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		return fault.Wrap(err, fault.Internal, "store.damaged", "the database file is damaged")
	}
	return fault.Wrap(err, fault.Internal, "store.sqlite", "cannot %s", doing)
}

func cancelled(err error) error {
	return fault.Wrap(err, fault.Busy, "store.cancelled", "the caller gave up waiting")
}

func closedFault() error {
	return fault.New(fault.Busy, "store.closed", "the store is closed")
}

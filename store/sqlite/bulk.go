package sqlite

import "context"

// bulkMark is the setting that stands while a bulk load is under way; one that
// is found at the start was interrupted.
const bulkMark = "bulk"

// Bulk is described in store.Engine.
//
// In bulk the log is not synced at each commit, only before it is folded back:
// a power cut may lose commits from the end, and leaves no half one. An empty
// store is loaded without its secondary indexes.
func (e *Engine) Bulk(ctx context.Context, on bool) error {
	return e.submit(&request{ctx: ctx, done: make(chan struct{}, 1), work: func() error {
		if on {
			return e.writer.bulkOn()
		}
		return e.writer.bulkOff()
	}})
}

func (w *writer) bulkOn() error {
	if w.bulk {
		return nil
	}
	if err := w.snap.run("INSERT INTO meta (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v", bulkMark, "under way"); err != nil {
		return err
	}
	some, err := w.snap.intOf("SELECT 1 FROM rec LIMIT 1")
	if err != nil {
		return err
	}
	if some == 0 {
		for _, name := range [...]string{"rec_code", "rec_value"} {
			if err := w.snap.run("DROP INDEX IF EXISTS " + name); err != nil {
				return err
			}
		}
	}
	if !w.e.opts.NoSync {
		if err := pragmas(w.snap.conn, "synchronous = NORMAL"); err != nil {
			return err
		}
	}
	w.bulk = true
	return nil
}

// bulkOff makes everything durable: the commit that takes the mark away syncs
// the whole log.
func (w *writer) bulkOff() error {
	if !w.e.opts.NoSync {
		if err := pragmas(w.snap.conn, "synchronous = FULL"); err != nil {
			return err
		}
	}
	w.bulk = false
	if err := createSecondary(w.snap.conn); err != nil {
		return err
	}
	if err := w.snap.run("DELETE FROM meta WHERE k = ?1", bulkMark); err != nil {
		return err
	}
	w.finish("PASSIVE")
	return nil
}

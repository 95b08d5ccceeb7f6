package postgres

import (
	"context"

	"concord/store"
)

const (
	listTables = `SELECT c.relname::text, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') ORDER BY c.relname`
	countRows = "SELECT count(*) FROM "
	seqscanOn = "SELECT set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true), set_config('enable_sort', 'on', true), set_config('enable_material', 'on', true), set_config('enable_mergejoin', 'on', true), set_config('enable_bitmapscan', 'on', true), set_config('plan_cache_mode', 'auto', true)"
)

// Usage is described in store.Engine. It counts every row.
func (e *Engine) Usage(ctx context.Context) ([]store.TableUsage, error) {
	var out []store.TableUsage
	err := e.View(ctx, func(r store.Reader) error {
		s := r.(*snapshot)
		s.send(seqscanOn, nil)
		err := s.each(ctx, listTables, func(r row) error {
			out = append(out, store.TableUsage{Table: r.text(0), Bytes: r.int(1)})
			return nil
		}, e.schema)
		for i := range out {
			if err != nil {
				break
			}
			out[i].Rows, err = s.intOf(ctx, countRows+out[i].Table)
		}
		return err
	})
	return out, err
}

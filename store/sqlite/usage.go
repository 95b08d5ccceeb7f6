package sqlite

import (
	"context"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// Usage is described in store.Engine. It walks every page of the file.
//
// https://www.sqlite.org/dbstat.html
func (e *Engine) Usage(ctx context.Context) ([]store.TableUsage, error) {
	var out []store.TableUsage
	err := e.View(ctx, func(r store.Reader) error {
		s := r.(*snapshot)
		err := s.each(`SELECT m.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema m ON m.name = d.name
			WHERE d.aggregate = TRUE GROUP BY m.tbl_name ORDER BY m.tbl_name`, func(st *sqlite.Stmt) error {
			out = append(out, store.TableUsage{Table: st.ColumnText(0), Bytes: st.ColumnInt64(1)})
			return nil
		})
		if err != nil {
			return err
		}
		out = slices.DeleteFunc(out, func(u store.TableUsage) bool { return strings.HasPrefix(u.Table, "sqlite_") })
		for i := range out {
			if out[i].Rows, err = s.intOf("SELECT count(*) FROM " + out[i].Table); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

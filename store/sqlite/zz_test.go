package sqlite
import (zs "zombiezen.com/go/sqlite";"testing";"math/rand/v2";"concord/store")
func BenchmarkZZ(b *testing.B) {
	e := openBench(b, Options{})
	ctx := b.Context()
	r := rand.New(rand.NewPCG(1, 2))
	e.Bulk(ctx, true)
	for i := range 2000 {
		e.Update(ctx, func(tx store.Tx) error {
			pk, err := tx.NewRecord(ctx)
			for j := range 100 {
				p := made(r, pk, uint16(j/17)+1, uint32(j%17)+1)
				_ = i
				if _, err = tx.Put(ctx, p); err != nil { return err }
			}
			return err
		})
	}
	e.Bulk(ctx, false)
	use, _ := e.Usage(ctx)
	for _, u := range use { println(u.Table, u.Rows, int(u.Bytes/200000)) }
	var z int64
	e.writer.snap.each("select name, sum(payload), sum(pgsize), sum(unused), max(mx_payload) from dbstat group by 1", func(st *zs.Stmt) error { println(st.ColumnText(0), st.ColumnInt64(1)/200000, st.ColumnInt64(2)/200000, st.ColumnInt64(3)/200000, st.ColumnInt64(4)); return nil })
	_ = z
}

package postgres

import (
	"slices"
)

const (
	addDocs = `INSERT INTO rec (pk, lid, cseq, upd, ver, d, code, qh, qv, org, feed, del, tok, body)
		SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::int[], $7::int[], $8::int[], $9::real[], $10::int[], $11::int[], $12::boolean[], $13::bytea[], $14::bytea[])`
	// moveDocs replaces rows; $15 is the version that each must have. A row that
	// has another is not counted, and the division fails the transaction.
	moveDocs = `WITH moved AS (UPDATE rec SET cseq = n.cseq, upd = n.upd, ver = n.ver, d = n.d, code = n.code, qh = n.qh, qv = n.qv, org = n.org, feed = n.feed, del = n.del, tok = n.tok, body = n.body
		FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::int[], $7::int[], $8::int[], $9::real[], $10::int[], $11::int[], $12::boolean[], $13::bytea[], $14::bytea[], $15::int[])
		AS n (pk, lid, cseq, upd, ver, d, code, qh, qv, org, feed, del, tok, body, base)
		WHERE rec.pk = n.pk AND rec.lid = n.lid AND rec.ver = n.base RETURNING 1)
		SELECT 1 / (count(*) = $16)::int FROM moved`
	keepDocs = `INSERT INTO rec_hist (pk, lid, cseq, upd, ver, d, org, feed, del, tok, body)
		SELECT r.pk, r.lid, r.cseq, r.upd, r.ver, r.d, r.org, r.feed, r.del, r.tok, r.body FROM unnest($1::int[], $2::int[]) AS n (pk, lid) JOIN rec r ON r.pk = n.pk AND r.lid = n.lid`
	addHistory = `INSERT INTO rec_hist (pk, lid, cseq, upd, ver, d, org, feed, del, tok, body)
		SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::int[], $7::int[], $8::int[], $9::boolean[], $10::bytea[], $11::bytea[])`
)

// versionColumns are versions column by column, as the server takes them.
type versionColumns struct {
	pk, lid, ver, d, code, qh, org, feed, base []int32
	cseq, upd                                  []int64
	qv                                         []float32
	del                                        []bool
	tok, body                                  [][]byte
}

func (v *versionColumns) add(r *version, base int32) {
	v.pk, v.lid, v.ver, v.base = append(v.pk, r.pk), append(v.lid, r.lid), append(v.ver, r.ver), append(v.base, base)
	v.d, v.code, v.qh, v.qv = append(v.d, r.index.date), append(v.code, r.index.code), append(v.qh, r.index.unit), append(v.qv, r.index.value)
	v.org, v.feed, v.del = append(v.org, r.org), append(v.feed, r.feed), append(v.del, r.deleted)
	v.cseq, v.upd = append(v.cseq, r.change), append(v.upd, r.at)
	v.tok, v.body = append(v.tok, r.index.tokens), append(v.body, r.body)
}

// sendVersions writes versions. Of a document that has several only the last
// becomes the current row; the others, and the one that the database has,
// become history.
func sendVersions(c *conn, list []version) {
	if len(list) == 0 {
		return
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	// In the order of the table; of one document in the order written.
	slices.SortStableFunc(order, func(a, b int) int {
		switch p, q := list[a].place, list[b].place; {
		case p.less(q):
			return -1
		case q.less(p):
			return 1
		}
		return 0
	})
	var fresh, moved, past versionColumns
	var pks, lids []int32 // whose current row goes to history
	for i := 0; i < len(order); {
		first := &list[order[i]]
		for ; i+1 < len(order) && list[order[i+1]].place == first.place; i++ {
			if r := &list[order[i]]; list[order[i+1]].ver != r.ver { // else its index moved
				past.add(r, 0)
			}
		}
		last := &list[order[i]]
		i++
		switch {
		case first.base == 0:
			fresh.add(last, 0)
			continue
		case first.base != first.ver:
			pks, lids = append(pks, first.pk), append(lids, first.lid)
		}
		moved.add(last, first.base)
	}
	if v := &fresh; len(v.pk) > 0 {
		c.send(addDocs, nil, v.pk, v.lid, v.cseq, v.upd, v.ver, v.d, v.code, v.qh, v.qv, v.org, v.feed, v.del, v.tok, v.body)
	}
	if len(pks) > 0 {
		c.send(keepDocs, nil, pks, lids)
	}
	if v := &moved; len(v.pk) > 0 {
		c.send(moveDocs, nil, v.pk, v.lid, v.cseq, v.upd, v.ver, v.d, v.code, v.qh, v.qv, v.org, v.feed, v.del, v.tok, v.body, v.base, int64(len(v.pk)))
	}
	if v := &past; len(v.pk) > 0 {
		c.send(addHistory, nil, v.pk, v.lid, v.cseq, v.upd, v.ver, v.d, v.org, v.feed, v.del, v.tok, v.body)
	}
}

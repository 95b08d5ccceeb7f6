package postgres

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"concord/store"
)

// A chart is one statement for each range, all sent in one journey. The type
// and the dates are the server's to filter. Of tokens the server looks for the
// four bytes of each anywhere in the column; a hit across two tokens is rare,
// and is taken out here.
const (
	chartFrom = " FROM rec r WHERE r.pk = ANY($1) AND r.lid BETWEEN $2 AND $3 AND NOT r.del"
	// As at a moment ($6): current versions of then, and of later ones the
	// version that stood.
	chartThen = `(SELECT ` + columns + `, tok FROM rec WHERE pk = ANY($1) AND lid BETWEEN $2 AND $3 AND upd <= $6
		UNION ALL SELECT h.* FROM rec c CROSS JOIN LATERAL (SELECT ` + columns + `, tok FROM rec_hist
		WHERE rec_hist.pk = c.pk AND rec_hist.lid = c.lid AND rec_hist.upd <= $6 ORDER BY rec_hist.ver DESC LIMIT 1) h
		WHERE c.pk = ANY($1) AND c.lid BETWEEN $2 AND $3 AND c.upd > $6 AND c.ver > 1) r WHERE NOT r.del`
	chartDates = " AND r.d >= $4 AND r.d < $5"
	chartToken = " AND EXISTS (SELECT 1 FROM unnest($%d::bytea[]) AS t(b) WHERE position(t.b IN r.tok) > 0)"
	chartOrder = " ORDER BY r.d DESC, r.pk DESC, r.lid DESC LIMIT $%d"
)

// mostGroups bounds the token groups that the server looks at, so that there
// are few different statements; the others are looked at here.
const mostGroups = 3

// chartQuery is the statement for a range; what are the columns.
func chartQuery(what string, groups int, newest, then bool) string {
	var b strings.Builder
	b.WriteString("SELECT " + what + ", r.tok")
	n := 6
	if then {
		b.WriteString(" FROM " + chartThen)
		n++
	} else {
		b.WriteString(chartFrom)
	}
	b.WriteString(chartDates)
	for range groups {
		fmt.Fprintf(&b, chartToken, n)
		n++
	}
	if newest {
		fmt.Fprintf(&b, chartOrder, n)
	}
	return b.String()
}

// span asks one range; found are its documents, in the order of the range.
type span struct {
	r      store.Range
	newest int // the rows asked for, 0 = all
	rows   int
	found  []*store.Doc
}

// Chart answers every range over all the records. A document without a date is
// outside every date filter.
func (s *snapshot) Chart(ctx context.Context, pks []int64, ranges []store.Range, asAt time.Time) ([][]*store.Doc, error) {
	out := make([][]*store.Doc, len(ranges))
	keys := make([]int32, 0, len(pks))
	for _, pk := range pks {
		if pk > 0 && pkOf(pk) > 0 {
			keys = append(keys, int32(pk))
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) == 0 || len(ranges) == 0 {
		return out, nil
	}
	d := s.docs()
	spans := make([]span, len(ranges))
	for i, r := range ranges {
		spans[i] = span{r: r, newest: max(r.Newest, 0)}
		if spans[i].newest > 0 && len(r.Need) > 0 {
			spans[i].newest += 8 // for what may be dropped
		}
		s.ask(&spans[i], d, keys, instant(asAt))
	}
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	err := s.wait(ctx)
	for i := range spans {
		// So much was dropped that more is needed: all of it then.
		if p := &spans[i]; err == nil && p.newest > 0 && p.rows == p.newest && len(p.found) < p.r.Newest {
			*p = span{r: p.r, newest: math.MaxInt32}
			s.ask(p, d, keys, instant(asAt))
			err = s.wait(ctx)
		}
	}
	if _, err = d.done(ctx, err); err != nil {
		return nil, err
	}
	for i := range spans {
		out[i] = spans[i].ordered()
	}
	return out, nil
}

// ask sends the statement of one range.
func (s *snapshot) ask(p *span, d *docs, pks []int32, asAt int64) {
	first, last, ok := typeRange(p.r.Type)
	if !ok {
		return
	}
	from, to := int64(math.MinInt32), int64(math.MaxInt32)+1
	if p.r.From != 0 || p.r.To != 0 {
		from = max(int64(packDate(p.r.From)), noDate+1)
	}
	if p.r.To != 0 {
		to = int64(packDate(p.r.To))
	}
	args := []any{pks, first, last, from, to}
	if asAt != 0 {
		args = append(args, asAt)
	}
	groups := min(len(p.r.Need), mostGroups)
	for _, g := range p.r.Need[:groups] {
		args = append(args, packed(g))
	}
	if p.newest > 0 {
		args = append(args, int64(p.newest))
	}
	what := qcolumns
	if p.r.Bare {
		what = bare
	}
	s.send(chartQuery(what, groups, p.newest > 0, asAt != 0), func(r row) error {
		p.rows++
		if hasAll(r[10], p.r.Need) {
			doc := d.doc(r)
			if p.r.Tokens {
				doc.Tokens = r.blob(10)
			}
			p.found = append(p.found, doc)
		}
		return nil
	}, args...)
}

// packed are tokens as they stand in the column, one by one.
func packed(tokens []uint32) [][]byte {
	all := store.PackTokens(tokens)
	out := make([][]byte, len(tokens))
	for i := range out {
		out[i] = all[4*i : 4*i+4]
	}
	return out
}

func hasAll(tok []byte, need [][]uint32) bool {
	for _, group := range need {
		if !store.HasToken(tok, group) {
			return false
		}
	}
	return true
}

// ordered gives the documents in key order, or the newest ones asked for.
func (p *span) ordered() []*store.Doc {
	if p.r.Newest > 0 {
		return p.found[:min(len(p.found), p.r.Newest)]
	}
	slices.SortFunc(p.found, func(a, b *store.Doc) int {
		return cmp.Or(cmp.Compare(a.PK, b.PK), cmp.Compare(a.LID, b.LID))
	})
	return p.found
}

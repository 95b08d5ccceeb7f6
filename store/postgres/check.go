package postgres

import (
	"context"
	"fmt"

	"concord/store"
)

// rule is one thing that must hold: its query gives the rows that break it, as
// one text each.
type rule struct{ code, text, query string }

// perRule bounds the findings of one rule: whoever has so many has a cause to
// look for, not a list to work through.
const perRule = 100

// at writes a row's key as record/type/sequence.
func at(table string) string {
	return fmt.Sprintf("(%[1]s.pk || '/' || (%[1]s.lid >> 23) || '/' || (%[1]s.lid & 8388607))::text", table)
}

// named writes the name with that number.
func named(id string) string {
	return "coalesce((SELECT encode(v, 'escape') FROM name WHERE id = " + id + "), '?')"
}

func rules() []rule {
	return []rule{
		{"store.history-missing", "versions of a document are missing", `
			SELECT ` + at("r") + ` FROM rec r WHERE r.ver > 1 AND r.ver - 1 <> (SELECT count(*) FROM rec_hist h WHERE h.pk = r.pk AND h.lid = r.lid)`},
		{"store.history-gap", "versions of a document do not run from 1 without gaps", `
			SELECT ` + at("h") + ` FROM rec_hist h GROUP BY h.pk, h.lid HAVING count(*) <> max(h.ver) OR min(h.ver) <> 1
			  OR max(h.ver) + 1 <> coalesce((SELECT ver FROM rec r WHERE r.pk = h.pk AND r.lid = h.lid), 0)`},
		{"store.history-order", "a later version carries an earlier time or change number", `
			SELECT ` + at("h") + ` FROM rec_hist h WHERE EXISTS (SELECT 1 FROM rec_hist n WHERE n.pk = h.pk AND n.lid = h.lid AND n.ver = h.ver + 1 AND (n.cseq < h.cseq OR n.upd < h.upd))
			  OR EXISTS (SELECT 1 FROM rec n WHERE n.pk = h.pk AND n.lid = h.lid AND n.ver = h.ver + 1 AND (n.cseq < h.cseq OR n.upd < h.upd))`},
		{"store.ident-orphan", "an identifier entry has no document", `
			SELECT ` + at("i") + ` FROM ident i WHERE NOT EXISTS (SELECT 1 FROM rec r WHERE r.pk = i.pk AND r.lid = i.lid AND NOT r.del)`},
		{"store.string-orphan", "a string entry has no document", `
			SELECT ` + at("s") + ` FROM str s WHERE NOT EXISTS (SELECT 1 FROM rec r WHERE r.pk = s.pk AND r.lid = s.lid AND NOT r.del)`},
		{"store.post-orphan", "a term is counted in a record that has fewer documents", `
			SELECT p.pk::text FROM post p WHERE p.n <= 0 OR p.n > (SELECT count(*) FROM rec r WHERE r.pk = p.pk AND NOT r.del)`},
		// A claim may come before its document (a reference to a patient who is
		// loaded later), but not before its record.
		{"store.alias-orphan", "a claimed identifier leads to a record without documents", `
			SELECT ` + at("a") + ` FROM alias a WHERE NOT EXISTS (SELECT 1 FROM rec r WHERE r.pk = a.pk)`},
		{"store.link-double", "a record key has more than one standing link", `
			SELECT l.pk::text FROM link l WHERE l.till IS NULL GROUP BY l.pk HAVING count(*) > 1`},
		{"store.link-order", "a link ends before it begins, or overlaps the next", `
			SELECT l.pk::text FROM link l WHERE l.till < l.since OR coalesce(l.till, 9223372036854775807) >
			  (SELECT min(n.since) FROM link n WHERE n.pk = l.pk AND n.cseq > l.cseq)`},
		{"store.log-gap", "a log has a gap", `
			SELECT ` + named("l.log") + ` FROM log l GROUP BY l.log HAVING count(*) <> max(l.seq) + 1 OR min(l.seq) <> 0`},
		{"store.hash-gap", "the hashes of a log have a gap", `
			SELECT ` + named("l.log") + ` FROM (SELECT log, first, length(h) AS n, lag(first + length(h) / 32, 1, 0::bigint) OVER (PARTITION BY log ORDER BY first) AS due FROM loghash) l
			WHERE l.n % 32 <> 0 OR l.first <> l.due`},
		{"store.journal-raw", "a message has lost its content", `
			SELECT j.seq::text FROM journal j WHERE NOT EXISTS (SELECT 1 FROM journal_raw r WHERE r.seq = j.seq)`},
		{"store.journal-tally", "the counters of a feed do not match its messages", `
			SELECT ` + named("t.feed") + ` || ' ' || t.state FROM (
			  SELECT feed, state, n FROM journal_tally WHERE n <> 0 UNION ALL SELECT feed, state, -count(*) FROM journal GROUP BY feed, state) t
			GROUP BY t.feed, t.state HAVING sum(t.n) <> 0`},
		{"store.journal-hours", "the counters of the hours of a feed do not match its messages", `
			SELECT DISTINCT ` + named("t.feed") + ` FROM (SELECT feed FROM (
			  SELECT feed, hour, n FROM journal_hour UNION ALL SELECT feed, at / 3600000000, -1 FROM journal) u
			GROUP BY feed, hour HAVING sum(n) <> 0) t`},
		{"store.journal-record", "the index from record to message names a message that is not there", `
			SELECT x.seq::text FROM journal_record x WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq = x.seq AND length(j.records) > 0)`},
		{"store.name-missing", "a row names an organisation or feed that is not there", `
			SELECT ` + at("r") + ` FROM rec r WHERE r.org <> 0 AND NOT EXISTS (SELECT 1 FROM name n WHERE n.id = r.org) OR r.feed <> 0 AND NOT EXISTS (SELECT 1 FROM name n WHERE n.id = r.feed)`},
		{"store.counter", "a counter lies behind what it counts", `
			SELECT 'head' FROM (SELECT * FROM head ORDER BY n DESC LIMIT 1) h WHERE change < (SELECT coalesce(max(cseq), 0) FROM change) OR at < (SELECT coalesce(max(at), 0) FROM change)
			  OR pk < (SELECT coalesce(max(pk), 0) FROM rec) OR message < (SELECT coalesce(max(seq), 0) FROM journal) OR job < (SELECT coalesce(max(id), 0) FROM queue)
			  OR name < (SELECT coalesce(max(id), 0) FROM name)`},
		{"store.change-order", "the times of the change feed run backwards", `
			SELECT c.cseq::text FROM (SELECT cseq, at, lag(at) OVER (ORDER BY cseq) AS was FROM change) c WHERE c.at < c.was`},
	}
}

const (
	sumVersions  = "SELECT (SELECT count(*) FROM rec) + (SELECT count(*) FROM rec_hist)"
	lostVersions = `SELECT n.cseq FROM unnest($1::int[], $2::int[], $3::int[], $4::bigint[]) AS n (pk, lid, ver, cseq)
		WHERE NOT EXISTS (SELECT 1 FROM rec r WHERE r.pk = n.pk AND r.lid = n.lid AND r.ver = n.ver AND r.cseq = n.cseq)
		AND NOT EXISTS (SELECT 1 FROM rec_hist h WHERE h.pk = n.pk AND h.lid = n.lid AND h.ver = n.ver AND h.cseq = n.cseq)`
)

// Check is described in store.Engine. It works on one snapshot, beside readers
// and writers, and reports at most 100 findings of one kind.
func (e *Engine) Check(ctx context.Context, report func(store.Finding)) error {
	if err := e.checkIndexes(ctx, report); err != nil {
		return err
	}
	return e.View(ctx, func(r store.Reader) error {
		s := r.(*snapshot)
		left, err := s.bulkLeft(ctx)
		if err != nil {
			return err
		}
		if left {
			report(store.Finding{Code: "store.bulk-interrupted", Where: "import", Text: "a bulk import was not finished: run it again to its end"})
		}
		s.send(seqscanOn, nil)
		for _, rule := range rules() {
			err := s.each(ctx, fmt.Sprintf("%s LIMIT %d", rule.query, perRule), func(r row) error {
				report(store.Finding{Code: rule.code, Where: r.text(0), Text: rule.text})
				return nil
			})
			if err != nil {
				return err
			}
		}
		return s.checkFeed(ctx, report)
	})
}

// checkFeed holds the change feed against the versions: each names the other.
func (s *snapshot) checkFeed(ctx context.Context, report func(store.Finding)) error {
	const page = 1000
	named, found := int64(0), 0
	for after, more := int64(0), true; more; {
		changes, err := s.Changes(ctx, after, page)
		if err != nil {
			return err
		}
		more = len(changes) > 0
		named += int64(len(changes))
		var pks, lids, vers []int32
		var cseqs []int64
		for _, c := range changes {
			p, err := placeOf(c.Key)
			if err != nil {
				return err
			}
			pks, lids, vers, cseqs = append(pks, p.pk), append(lids, p.lid), append(vers, int32(c.Version)), append(cseqs, c.Change)
			after = c.Change
		}
		err = s.each(ctx, lostVersions, func(r row) error {
			if found++; found <= perRule {
				report(store.Finding{Code: "store.change-orphan", Where: fmt.Sprintf("change %d", r.int(0)), Text: "the change feed names a version that is not there"})
			}
			return nil
		}, pks, lids, vers, cseqs)
		if err != nil {
			return err
		}
	}
	versions, err := s.intOf(ctx, sumVersions)
	if err == nil && versions != named {
		report(store.Finding{Code: "store.change-count", Where: "change feed", Text: fmt.Sprintf("the store holds %d versions and the change feed names %d", versions, named)})
	}
	return err
}

const (
	amcheckSchema = `SELECT quote_ident(n.nspname) FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace JOIN pg_proc p ON p.pronamespace = n.oid
		WHERE x.extname = 'amcheck' AND p.proname = 'bt_index_check' AND has_function_privilege(p.oid, 'EXECUTE') LIMIT 1`
	listIndexes = `SELECT i.indexrelid::bigint, c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 ORDER BY c.relname`
)

// checkIndexes has the server look at its own indexes, if the extension that
// does so is there and we may use it.
//
// https://www.postgresql.org/docs/15/amcheck.html
func (e *Engine) checkIndexes(ctx context.Context, report func(store.Finding)) error {
	return e.once(ctx, func(c *conn) error {
		where := ""
		if err := c.run(ctx, amcheckSchema, func(r row) error { where = r.text(0); return nil }); err != nil || where == "" {
			return err
		}
		names := map[int64]string{}
		if err := c.run(ctx, listIndexes, func(r row) error { names[r.int(0)] = r.text(1); return nil }, e.schema); err != nil {
			return err
		}
		for oid, name := range names {
			err := c.run(ctx, "SELECT "+where+".bt_index_check($1::oid::regclass)", nil, oid)
			if code, _ := state(err); code == "" {
				if err != nil {
					return err
				}
				continue
			}
			report(store.Finding{Code: "store.damaged", Where: name, Text: "the database finds an index damaged"})
		}
		return nil
	})
}

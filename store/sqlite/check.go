package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"concord/store"
)

// rule is one thing that must hold: its query gives the rows that break it, as
// one text each.
type rule struct{ code, text, query string }

// perRule bounds the findings of one rule: whoever has so many has a cause to
// look for, not a list to work through.
const perRule = 100

// place writes an id as record/type/sequence.
const place = "(id >> 31) || '/' || (id >> 23 & 255) || '/' || (id & 0x7fffff)"

func rules() []rule {
	return []rule{
		{"store.history-missing", "versions of a document are missing", `
			SELECT ` + place + ` FROM rec WHERE ver > 1 AND ver - 1 <> (SELECT count(*) FROM rec_hist h WHERE h.id = rec.id)`},
		{"store.history-gap", "versions of a document do not run from 1 without gaps", `
			SELECT ` + place + ` FROM rec_hist GROUP BY id HAVING count(*) <> max(ver) OR min(ver) <> 1
			  OR max(ver) + 1 <> coalesce((SELECT ver FROM rec r WHERE r.id = rec_hist.id), 0)`},
		{"store.history-order", "a later version carries an earlier time or change number", `
			SELECT ` + place + ` FROM rec_hist h WHERE EXISTS (SELECT 1 FROM rec_hist n WHERE n.id = h.id AND n.ver = h.ver + 1 AND (n.cseq < h.cseq OR n.upd < h.upd))`},
		{"store.link-double", "a record key has more than one standing link", `
			SELECT pk FROM link WHERE till IS NULL GROUP BY pk HAVING count(*) > 1`},
		{"store.link-order", "a link ends before it begins, or overlaps the next", `
			SELECT pk FROM link WHERE till < since OR coalesce(till, 9223372036854775807) >
			  (SELECT min(n.since) FROM link n WHERE n.pk = link.pk AND n.cseq > link.cseq)`},
		{"store.log-gap", "a log has a gap", `
			SELECT (SELECT v FROM name WHERE id = log) FROM log GROUP BY log HAVING count(*) <> max(seq) + 1 OR min(seq) <> 0`},
		{"store.hash-gap", "the hashes of a log have a gap", `
			SELECT (SELECT v FROM name WHERE id = log) FROM loghash l WHERE length(h) % 32 <> 0 OR first <>
			  coalesce((SELECT p.first + length(p.h) / 32 FROM loghash p WHERE p.log = l.log AND p.first < l.first ORDER BY p.first DESC LIMIT 1), 0)`},
		{"store.journal-raw", "a message has lost its content", `
			SELECT seq FROM journal WHERE NOT EXISTS (SELECT 1 FROM journal_raw r WHERE r.seq = journal.seq)`},
		{"store.journal-tally", "the counters of a feed do not match its messages", `
			SELECT (SELECT v FROM name WHERE id = feed) || ' ' || state FROM (
			  SELECT feed, state, n FROM journal_tally WHERE n <> 0 UNION ALL SELECT feed, state, -count(*) FROM journal GROUP BY feed, state)
			GROUP BY feed, state HAVING sum(n) <> 0`},
		{"store.journal-record", "the index from record to message names a message that is not there", `
			SELECT seq FROM journal_record WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.seq = journal_record.seq AND j.records IS NOT NULL)`},
		{"store.name-missing", "a row names an organisation or feed that is not there", `
			SELECT ` + place + ` FROM rec WHERE org <> 0 AND org NOT IN (SELECT id FROM name) OR feed <> 0 AND feed NOT IN (SELECT id FROM name)`},
		{"store.counter", "a counter lies behind what it counts", `
			SELECT 'counter' FROM counter WHERE change < (SELECT coalesce(max(cseq), 0) FROM change) OR at < (SELECT coalesce(max(at), 0) FROM change)
			  OR pk < (SELECT coalesce(max(id), 0) >> 31 FROM rec) OR message < (SELECT coalesce(max(seq), 0) FROM journal) OR job < (SELECT coalesce(max(id), 0) FROM queue)`},
		{"store.change-order", "the times of the change feed run backwards", `
			SELECT cseq FROM change c WHERE at < (SELECT p.at FROM change p WHERE p.cseq < c.cseq ORDER BY p.cseq DESC LIMIT 1)`},
	}
}

// Check is described in store.Engine. It works on one snapshot, beside
// readers and the writer, and reports at most 100 findings of one kind.
func (e *Engine) Check(ctx context.Context, report func(store.Finding)) error {
	return e.View(ctx, func(r store.Reader) error {
		s := r.(*snapshot)
		mark, err := s.meta(bulkMark)
		if err != nil {
			return err
		}
		if mark != "" && (e.interrupted.Load() || e.opts.ReadOnly) {
			report(store.Finding{Code: "store.bulk-interrupted", Where: "import", Text: "a bulk import was not finished (or is under way): run it again to its end"})
		}
		if err := s.quickCheck(report); err != nil {
			return err
		}
		for _, rule := range rules() {
			if err := s.checkRule(rule, report); err != nil {
				return err
			}
		}
		if err := s.checkIndexes(report); err != nil {
			return err
		}
		if err := s.checkHours(report); err != nil {
			return err
		}
		return s.checkFeed(report)
	})
}

func (s *snapshot) quickCheck(report func(store.Finding)) error {
	return s.each(fmt.Sprintf("PRAGMA quick_check(%d)", perRule), func(st *sqlite.Stmt) error {
		if text := st.ColumnText(0); text != "ok" {
			report(store.Finding{Code: "store.damaged", Where: "database", Text: text})
		}
		return nil
	})
}

func (s *snapshot) checkRule(r rule, report func(store.Finding)) error {
	return s.each(fmt.Sprintf("%s LIMIT %d", r.query, perRule), func(st *sqlite.Stmt) error {
		report(store.Finding{Code: r.code, Where: st.ColumnText(0), Text: r.text})
		return nil
	})
}

// checkHours counts the messages of each hour again.
func (s *snapshot) checkHours(report func(store.Finding)) error {
	hours := map[feedHour]int64{}
	err := s.each("SELECT feed, at FROM journal", func(st *sqlite.Stmt) error {
		hours[feedHour{st.ColumnInt64(0), st.ColumnInt64(1) / hourMicros}]++
		return nil
	})
	if err != nil {
		return err
	}
	err = s.each("SELECT feed, hour, n FROM journal_hour", func(st *sqlite.Stmt) error {
		hours[feedHour{st.ColumnInt64(0), st.ColumnInt64(1)}] -= st.ColumnInt64(2)
		return nil
	})
	if err != nil {
		return err
	}
	wrong := map[int64]int{}
	for k, n := range hours {
		if n != 0 {
			wrong[k.feed]++
		}
	}
	for feed, n := range wrong {
		name, err := s.nameOf(feed)
		if err != nil {
			return err
		}
		report(store.Finding{Code: "store.journal-hours", Where: name, Text: fmt.Sprintf("the counters of %d hours of a feed do not match its messages", n)})
	}
	return nil
}

// checkFeed holds the change feed against the versions: each names the other.
func (s *snapshot) checkFeed(report func(store.Finding)) error {
	named, found := int64(0), 0
	err := s.each("SELECT cseq, puts FROM change ORDER BY cseq", func(st *sqlite.Stmt) error {
		cseq := st.ColumnInt64(0)
		var missing error
		err := store.UnpackVersions(blob(st, 1), func(k store.Key, ver int64, _ bool) {
			named++
			row, err := rowOf(k)
			if err != nil {
				missing = err
				return
			}
			have, err := s.intOf(`SELECT cseq FROM rec WHERE id = ?1 AND ver = ?2
				UNION ALL SELECT cseq FROM rec_hist WHERE id = ?1 AND ver = ?2 LIMIT 1`, row, ver)
			if err != nil {
				missing = err
			} else if have != cseq && found < perRule {
				found++
				report(store.Finding{Code: "store.change-orphan", Where: fmt.Sprintf("change %d", cseq), Text: "the change feed names a version that is not there"})
			}
		})
		if err == nil {
			err = missing
		}
		return err
	})
	if err != nil {
		return err
	}
	versions, err := s.intOf("SELECT (SELECT count(*) FROM rec) + (SELECT count(*) FROM rec_hist)")
	if err == nil && versions != named {
		report(store.Finding{Code: "store.change-count", Where: "change feed", Text: fmt.Sprintf("the store holds %d versions and the change feed names %d", versions, named)})
	}
	return err
}

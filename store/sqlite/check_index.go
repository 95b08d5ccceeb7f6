package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"concord/store"
	"concord/store/sqlite/memtable"
)

// indexRule is a rule of an index table: its query gives the rows that no document
// stands behind, as what is in the table alone. document tells whether one does.
type indexRule struct {
	kind              memtable.Kind
	code, text, query string
	document          string
}

func indexRules() []indexRule {
	const (
		current = "SELECT 1 FROM rec r WHERE r.id = ?1 AND r.del = 0"
		ever    = "SELECT 1 FROM rec r WHERE r.id BETWEEN ?1 >> 31 << 31 AND (?1 >> 31 << 31) + 2147483647"
		some    = "SELECT 1 FROM rec r WHERE r.id BETWEEN ?1 << 31 AND (?1 << 31) + 2147483647 AND r.del = 0"
	)
	return []indexRule{
		{memtable.Identifier, "store.ident-orphan", "an identifier entry has no document", `
			SELECT h, '', id, 1 FROM ident WHERE NOT EXISTS (SELECT 1 FROM rec r WHERE r.id = ident.id AND r.del = 0)`, current},
		{memtable.Text, "store.string-orphan", "a string entry has no document", `
			SELECT h, v, id, 1 FROM str WHERE NOT EXISTS (SELECT 1 FROM rec r WHERE r.id = str.id AND r.del = 0)`, current},
		{memtable.Posting, "store.post-orphan", "a posting counts no document, or its record has none", `
			SELECT term, '', pk, n FROM post WHERE n <= 0
			  OR NOT EXISTS (SELECT 1 FROM rec r WHERE r.id BETWEEN pk << 31 AND (pk << 31) + 2147483647 AND r.del = 0)`, some},
		// A claim may come before its document (a reference to a patient who is
		// loaded later), but not before its record.
		{memtable.Alias, "store.alias-orphan", "a claimed identifier leads to a record without documents", `
			SELECT h, '', id, 1 FROM alias WHERE NOT EXISTS
			  (SELECT 1 FROM rec r WHERE r.id BETWEEN alias.id >> 31 << 31 AND (alias.id >> 31 << 31) + 2147483647)`, ever},
	}
}

// checkIndexes looks for entries without a document, in the tables and pending.
func (s *snapshot) checkIndexes(report func(store.Finding)) error {
	v, err := s.filed()
	if err != nil {
		return err
	}
	for _, r := range indexRules() {
		if err := s.checkIndex(v, r, report); err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshot) checkIndex(v *memtable.View, r indexRule, report func(store.Finding)) error {
	found := 0
	tell := func(e memtable.Entry) error {
		if found++; found > perRule {
			return stop{}
		}
		report(store.Finding{Code: r.code, Where: indexPlace(e), Text: r.text})
		return nil
	}
	pending, _ := v.Entries(memtable.Key{Kind: r.kind, H: -1 << 63}, 1<<31-1, func(memtable.Key) bool { return true })
	changes := make(map[memtable.Key]memtable.Entry, len(pending))
	for _, e := range pending {
		changes[e.Key] = e
	}
	err := s.each(r.query, func(st *sqlite.Stmt) error {
		e := memtable.Entry{Key: memtable.Key{Kind: r.kind, H: st.ColumnInt64(0), V: st.ColumnText(1), ID: st.ColumnInt64(2)}, N: st.ColumnInt64(3)}
		if c, ok := changes[e.Key]; ok && e.N > 0 && c.Stands(e.N) == 0 {
			return nil
		}
		delete(changes, e.Key)
		return tell(e)
	})
	if err != nil {
		return err
	}
	for _, e := range pending {
		if _, ok := changes[e.Key]; !ok || e.N <= 0 {
			continue
		}
		n, err := s.intOf(r.document, e.ID)
		if err != nil {
			return err
		}
		if n == 0 && tell(e) != nil {
			return nil // enough of one kind
		}
	}
	return nil
}

// indexPlace names an entry: of a posting the record and the term, of others the
// document.
func indexPlace(e memtable.Entry) string {
	if e.Kind == memtable.Posting {
		return fmt.Sprintf("%d/%d", e.ID, e.H)
	}
	k := keyOf(e.ID)
	return fmt.Sprintf("%d/%d/%d", k.PK, k.Type(), k.Seq())
}

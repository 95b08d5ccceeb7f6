package record

import (
	"bytes"
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

func (d *Desk) batchWithin(ctx context.Context, tx store.Tx, plan *searches, st *indexState, docs []*store.Doc) error {
	columns, err := columnsOf(ctx, tx, st, docs)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		st.PK, st.LID = doc.PK, doc.LID
		if doc.Deleted {
			continue
		}
		if st.Phase == "checking" {
			st.Checked++
		} else {
			st.Done++
		}
		if err := d.refile(ctx, tx, plan, st, doc, columns[doc.Key]); err != nil {
			return err
		}
	}
	if len(docs) < reindexBatch {
		st.Type, st.PK, st.LID = st.Type+1, 0, 0
	}
	return nil
}

// columnsOf are, for a walk that checks, the token columns of documents.
func columnsOf(ctx context.Context, r store.Reader, st *indexState, docs []*store.Doc) (map[store.Key][]byte, error) {
	out := map[store.Key][]byte{}
	if st.Phase != "checking" || len(docs) == 0 {
		return out, nil
	}
	var pks []int64
	for _, doc := range docs {
		if len(pks) == 0 || pks[len(pks)-1] != doc.PK {
			pks = append(pks, doc.PK)
		}
	}
	found, err := r.Chart(ctx, pks, []store.Range{{Type: docs[0].Type(), Tokens: true, Bare: true}}, time.Time{})
	if err != nil {
		return nil, err
	}
	for _, doc := range found[0] {
		out[doc.Key] = doc.Tokens
	}
	return out, nil
}

// refile files the entries of one document anew: in the walk those that the
// change brings, in the check those that are not found.
func (d *Desk) refile(ctx context.Context, tx store.Tx, plan *searches, st *indexState, doc *store.Doc, column []byte) error {
	body, err := d.parse(doc)
	if err != nil {
		return err
	}
	to := d.entriesBy(plan.extract, doc.PK, body)
	from := to
	if st.Phase == "building" {
		if doc.Change > st.Since {
			return nil
		}
		from = d.entriesBy(plan.before, doc.PK, body)
	} else {
		if from, err = present(ctx, tx, doc.Key, to); err != nil {
			return err
		}
		if len(from.Terms)+len(from.Idents)+len(from.Strings) == len(to.Terms)+len(to.Idents)+len(to.Strings) &&
			bytes.Equal(column, store.PackTokens(to.Tokens)) {
			return nil
		}
	}
	err = tx.Index(ctx, doc.Key, doc.Version, from, to)
	if err != nil && fault.Of(err).Code == "store.version" {
		return nil // it was written meanwhile, and filed then
	}
	if err == nil && st.Phase == "checking" {
		st.Repaired++
	}
	return err
}

// present keeps of a document's entries those that the index has.
func present(ctx context.Context, r store.Reader, k store.Key, e search.Entries) (search.Entries, error) {
	have := e
	have.Terms, have.Idents, have.Strings = nil, nil, nil
	for _, h := range e.Terms {
		pks, err := r.FindRecords(ctx, [][]uint64{{h}}, k.PK-1, 1)
		if err != nil {
			return have, err
		}
		if len(pks) == 1 && pks[0] == k.PK {
			have.Terms = append(have.Terms, h)
		}
	}
	for _, h := range e.Idents {
		ok, err := filed(ctx, r, h, k)
		if err != nil {
			return have, err
		}
		if ok {
			have.Idents = append(have.Idents, h)
		}
	}
	for _, s := range e.Strings {
		keys, err := r.FindString(ctx, s.Param, s.Value, true, maxCandidates)
		if err != nil {
			return have, err
		}
		if slices.Contains(keys, k) {
			have.Strings = append(have.Strings, s)
		}
	}
	return have, nil
}

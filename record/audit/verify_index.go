package audit

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"strings"

	"concord/store"
)

// VerifyIndex holds the index against the entries: it must say what they say,
// and nothing of payloads that are gone. It reports a difference as a whole,
// since an index that lies cannot be asked where.
func VerifyIndex(ctx context.Context, r store.Reader, report func(store.Finding)) error {
	find := func(text string) {
		report(store.Finding{Code: "audit.index", Where: "the index of the audit log", Text: text})
	}
	f, err := readFiling(ctx, r)
	if err != nil {
		find("how far it goes cannot be read")
		return nil
	}
	// What is counted is mixed with numbers drawn now, so that nobody can make
	// two wrongs that add up to a right.
	var key [16]byte
	rand.Read(key[:])
	said, have := newTally(key), newTally(key)
	if err := said.entries(ctx, r, f.from); err != nil {
		return err
	}
	if err := have.postings(ctx, r, f); err != nil {
		return err
	}
	switch {
	case have.bad:
		find("it holds keys that cannot be read")
	case said.n > have.n:
		find("it says less than the entries: searches miss some")
	case said.n < have.n || said.sum != have.sum:
		find("it says other things than the entries")
	}
	return nil
}

// tally is a sum over pairs of term and entry, whatever their order.
type tally struct {
	a, b  uint64
	n     int64
	sum   uint64
	bad   bool
	terms map[saying]*seenTerm
}

// seenTerm is a term with the last entry that said it.
type seenTerm struct {
	term uint64
	last int64
}

func newTally(key [16]byte) *tally {
	return &tally{a: binary.BigEndian.Uint64(key[:]) | 1, b: binary.BigEndian.Uint64(key[8:]), terms: map[saying]*seenTerm{}}
}

func (t *tally) add(term uint64, seq int64) {
	high, low := bits.Mul64(term^t.b, t.a)
	h := (high ^ low) + uint64(seq)
	high, low = bits.Mul64(h^t.a, t.b|1)
	t.sum += high ^ low
	t.n++
}

const mostTerms = 100_000 // remembered: who has looked at whom says the same often

func (t *tally) entries(ctx context.Context, r store.Reader, filed int64) error {
	for from := int64(0); from < filed; {
		rows, err := r.LogEntries(ctx, Log, from, int(min(verifyBatch, filed-from)))
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if e, ok := sayingsOf(row.Body); ok {
				t.entry(row.Seq, e)
			}
		}
		from = rows[len(rows)-1].Seq + 1
	}
	return nil
}

func (t *tally) entry(seq int64, e *Entry) {
	if len(t.terms) >= mostTerms {
		clear(t.terms)
	}
	e.said(func(kind byte, value string) {
		seen, known := t.terms[saying{kind, value}]
		if !known {
			seen = &seenTerm{termOf(kind, value), -1}
			t.terms[saying{kind, strings.Clone(value)}] = seen // not the entry that it is part of
		}
		if seen.last != seq { // what an entry says twice is filed once
			seen.last = seq
			t.add(seen.term, seq)
		}
	})
}

func (t *tally) postings(ctx context.Context, r store.Reader, f filing) error {
	const step = 1000
	for from := ""; ; {
		kvs, err := r.ListKeysFrom(ctx, indexSpace, "", from, step)
		if err != nil {
			return err
		}
		for _, kv := range kvs {
			t.posting(kv, f)
		}
		if len(kvs) < step {
			return nil
		}
		from = kvs[len(kvs)-1].Key + "-"
	}
}

func (t *tally) posting(kv store.KeyValue, f filing) {
	newest, ok := newestOf(kv.Key)
	b, err := lettersInOrder.DecodeString(kv.Key[:min(termLetters, len(kv.Key))])
	if !ok || err != nil || len(b) != 8 || newest >= max(f.from, f.to) {
		t.bad = true
		return
	}
	if newest >= f.from {
		return // of a batch that is being filed
	}
	seqs, whole := unpackSeqs(newest, kv.Value)
	t.bad = t.bad || !whole
	for _, seq := range seqs {
		t.add(binary.BigEndian.Uint64(b), seq)
	}
}

package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"

	"concord/fault"
	"concord/store"
)

// The index finds entries by what they say. The Sequencer fills it behind the
// log, so that a reader's commit bears nothing of it. Of each batch and term it
// keeps one small key in indexSpace:
//
//	key    the term in 11 letters, then the newest of the entries in 8,
//	       counted backwards: the newest come first
//	value  how far each entry lies below that newest one, as gaps (uvarint)
//
// A term is 64 bits of a hash, so that what is found is a candidate: the
// payload decides. indexedKey says below which entry the index is complete,
// filingKey how far a batch goes that is being filed.
const (
	indexSpace = "audit-index"
	indexedKey = "indexed"
	filingKey  = "filing"
)

// What is indexed of an entry.
const (
	byRecord  = 'r'
	byThing   = 't' // of entries that name no record
	byWho     = 'w'
	byOrg     = 'o'
	byAction  = 'a'
	byPurpose = 'p'
	byOutcome = 'x'
)

// lettersInOrder keeps the order of the bytes that it stands for.
var lettersInOrder = base64.NewEncoding("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz").WithPadding(base64.NoPadding)

const (
	termLetters = 11
	lastEntry   = 1<<48 - 1 // entries that a key can count
)

func termOf(kind byte, value string) uint64 {
	h := sha256.Sum256(append([]byte{kind}, value...))
	return binary.BigEndian.Uint64(h[:])
}

func termPrefix(term uint64) string {
	return lettersInOrder.EncodeToString(binary.BigEndian.AppendUint64(nil, term))
}

// postingKey is where the postings of a term lie whose newest is seq.
func postingKey(prefix string, seq int64) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(lastEntry-min(seq, lastEntry)))
	return prefix + lettersInOrder.EncodeToString(b[2:])
}

// newestOf reads the newest entry out of a posting's key. ok is false for keys
// that nobody here has made.
func newestOf(key string) (seq int64, ok bool) {
	if len(key) < termLetters {
		return 0, false
	}
	b, err := lettersInOrder.DecodeString(key[termLetters:])
	if err != nil || len(b) != 6 {
		return 0, false
	}
	return lastEntry - int64(binary.BigEndian.Uint64(append([]byte{0, 0}, b...))), true
}

// Outcome is how an access ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused" // by the decision
	Failed  Outcome = "failed"  // after it: not found, a conflict …
)

// Ended is how the access of the entry ended.
func (e *Entry) Ended() Outcome {
	switch {
	case !e.Allowed:
		return Refused
	case e.Outcome != "":
		return Failed
	}
	return Done
}

// said are the values under which an entry is found, each behind the letter of
// its kind.
func (e *Entry) said(add func(kind byte, value string)) {
	for _, r := range e.Records {
		add(byRecord, r)
	}
	if len(e.Records) == 0 {
		for _, w := range e.What {
			add(byThing, w)
		}
	}
	add(byWho, e.Who)
	add(byAction, string(e.Action))
	add(byPurpose, string(e.Purpose))
	add(byOutcome, string(e.Ended()))
	if e.Org != "" {
		add(byOrg, e.Org)
	}
}

// saying is one thing that an entry says.
type saying struct {
	kind  byte
	value string
}

// postings gathers what a batch adds to the index.
type postings struct {
	terms map[saying]uint64 // a batch says the same things often
	seqs  map[uint64][]int64
}

func newPostings() *postings {
	return &postings{map[saying]uint64{}, map[uint64][]int64{}}
}

// add takes the entries of a batch in ascending order.
func (p *postings) add(seq int64, e *Entry) {
	e.said(func(kind byte, value string) {
		term, known := p.terms[saying{kind, value}]
		if !known {
			term = termOf(kind, value)
			p.terms[saying{kind, value}] = term
		}
		list := p.seqs[term]
		if n := len(list); n == 0 || list[n-1] != seq {
			p.seqs[term] = append(list, seq)
		}
	})
}

// keys are the postings as small keys, in their order.
func (p *postings) keys() []store.KeyValue {
	out := make([]store.KeyValue, 0, len(p.seqs))
	for term, seqs := range p.seqs {
		newest := seqs[len(seqs)-1]
		out = append(out, store.KeyValue{Key: postingKey(termPrefix(term), newest), Value: packSeqs(newest, seqs)})
	}
	slices.SortFunc(out, func(a, b store.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// packSeqs writes ascending entries, none above newest, as gaps going down
// from it.
func packSeqs(newest int64, seqs []int64) []byte {
	out := make([]byte, 0, 2*len(seqs))
	for _, seq := range slices.Backward(seqs) {
		out = binary.AppendUvarint(out, uint64(newest-seq))
		newest = seq
	}
	return out
}

// unpackSeqs reads what packSeqs wrote, in descending order. ok is false when
// it cannot be read to its end: VerifyIndex tells so.
func unpackSeqs(newest int64, packed []byte) (out []int64, ok bool) {
	out = make([]int64, 0, len(packed))
	for len(packed) > 0 {
		gap, n := binary.Uvarint(packed)
		if n <= 0 || newest < 0 || gap > uint64(newest) {
			return out, false
		}
		newest -= int64(gap)
		out, packed = append(out, newest), packed[n:]
	}
	return out, true
}

// indexed is below which entry the index is complete.
func indexed(ctx context.Context, r store.Keys) (int64, error) { return number(ctx, r, indexedKey) }

// number reads a count of entries, 0 when there is none. Errors: Internal
// "audit.index".
func number(ctx context.Context, r store.Keys, key string) (int64, error) {
	v, err := r.GetKey(ctx, space, key)
	if err != nil || v == nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.Internal, "audit.index", "how far the index of the audit log goes cannot be read")
	}
	return n, nil
}

func setNumber(ctx context.Context, tx store.Tx, key string, n int64) error {
	return tx.SetKey(ctx, space, store.KeyValue{Key: key, Value: strconv.AppendInt(nil, n, 10)})
}

// unindex takes entries out of the index: gone are those that retention
// emptied, with what they said.
func unindex(ctx context.Context, tx store.Tx, gone map[int64]*Entry) error {
	seqs := slices.Sorted(maps.Keys(gone))
	p := newPostings()
	for _, seq := range seqs {
		p.add(seq, gone[seq])
	}
	for term, list := range p.seqs {
		if err := dropPostings(ctx, tx, termPrefix(term), list); err != nil {
			return err
		}
	}
	return nil
}

// dropPostings takes ascending entries out of one term's postings.
func dropPostings(ctx context.Context, tx store.Tx, prefix string, seqs []int64) error {
	newest, oldest := seqs[len(seqs)-1], seqs[0]
	from := postingKey(prefix, newest+fileBatch)
	for {
		kvs, err := tx.ListKeysFrom(ctx, indexSpace, prefix, from, postingStep)
		if err != nil {
			return err
		}
		for _, kv := range kvs {
			first, ok := newestOf(kv.Key)
			if !ok || first < oldest {
				return nil
			}
			if err := dropFrom(ctx, tx, kv, first, seqs); err != nil {
				return err
			}
		}
		if len(kvs) < postingStep {
			return nil
		}
		from = kvs[len(kvs)-1].Key + "-"
	}
}

// dropFrom takes entries out of one key.
func dropFrom(ctx context.Context, tx store.Tx, kv store.KeyValue, newest int64, gone []int64) error {
	have, _ := unpackSeqs(newest, kv.Value)
	keep := make([]int64, 0, len(have))
	for _, seq := range slices.Backward(have) {
		if _, drop := slices.BinarySearch(gone, seq); !drop {
			keep = append(keep, seq)
		}
	}
	switch {
	case len(keep) == len(have):
		return nil
	case len(keep) == 0:
		return tx.DeleteKey(ctx, indexSpace, kv.Key)
	}
	kv.Value = packSeqs(newest, keep)
	return tx.SetKey(ctx, indexSpace, kv)
}

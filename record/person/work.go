package person

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// The spaces of small keys that the index is kept in.
const (
	entrySpace  = "person-entry"  // by record key: its home, and with whom something was decided
	pairSpace   = "person-pair"   // by two record keys: Pair
	queueSpace  = "person-queue"  // the stewards' queue, heaviest first
	rulingSpace = "person-ruling" // by number: Ruling
	modelSpace  = "person-model"  // by Matcher.Name: the model's file
)

// node is what is kept of an entry: the person that it is by itself, and the
// pairs that it is part of.
type node struct {
	Home  int64 `json:"h,omitempty"`
	Pairs []tie `json:"t,omitempty"`
}

type tie struct {
	To      int64   `json:"p"`
	Outcome Outcome `json:"o"`
	Claim   bool    `json:"c,omitempty"` // joined by a claim: a rival undoes it
	Parted  bool    `json:"x,omitempty"` // Decision.Parted
}

// work is one transaction on the index. Persons are made of entries by their
// ties alone: whatever the order of decisions, the same ties give the same
// persons, and a tie that is taken back leaves no trace in them.
type work struct {
	Index
	ctx      context.Context
	tx       store.Tx
	nodes    map[int64]*node
	dirty    map[int64]bool
	subjects map[int64]*match.Subject // nil = no current Patient
	fresh    map[int64]bool           // entries that came in this transaction and have no person yet
	moved    map[int64]bool           // entries whose person may be another now
	beyond   int                      // pairs of the entry that arrives that nobody is asked about
	who      string                   // what brought the pairs up that the model decides on; "" = an arrival
	propose  bool                     // what is certain is put before a steward too
}

func (x Index) begin(ctx context.Context, tx store.Tx) *work {
	return &work{Index: x, ctx: ctx, tx: tx, nodes: map[int64]*node{}, dirty: map[int64]bool{}, subjects: map[int64]*match.Subject{},
		fresh: map[int64]bool{}, moved: map[int64]bool{}}
}

// PatientKey is where the Patient of a record lies: it is the first of its
// record.
func PatientKey(pk int64) store.Key {
	return store.Key{PK: pk, LID: store.MakeLID(fhir.R4().Number("Patient"), 1)}
}

func nodeKey(pk int64) string   { return fmt.Sprintf("%016x", pk) }
func pairKey(a, b int64) string { return fmt.Sprintf("%016x-%016x", min(a, b), max(a, b)) }
func (n *node) has(to int64) int {
	return slices.IndexFunc(n.Pairs, func(t tie) bool { return t.To == to })
}

func (w *work) node(pk int64) (*node, error) {
	if n := w.nodes[pk]; n != nil {
		return n, nil
	}
	n, err := readNode(w.ctx, w.tx, pk)
	known := n != nil
	if n == nil {
		n = &node{}
	}
	w.nodes[pk] = n
	if err != nil || known || w.fresh[pk] {
		return n, err
	}
	return n, w.adopt(pk)
}

// readNode is nil when nothing is kept of an entry.
func readNode(ctx context.Context, r store.Keys, pk int64) (*node, error) {
	text, err := r.GetKey(ctx, entrySpace, nodeKey(pk))
	if err != nil || text == nil {
		return nil, err
	}
	n := &node{}
	return n, json.Unmarshal(text, n)
}

func (w *work) subject(pk int64) (*match.Subject, error) {
	if s, ok := w.subjects[pk]; ok {
		return s, nil
	}
	found, err := w.Load(w.ctx, w.tx, []store.Key{PatientKey(pk)})
	if err != nil {
		return nil, err
	}
	w.subjects[pk] = nil
	if len(found) == 1 {
		s := w.Match.Subject(found[0].Patient)
		w.subjects[pk] = &s
	}
	return w.subjects[pk], nil
}

func loadPair(ctx context.Context, r store.Keys, a, b int64) (*Pair, error) {
	p := &Pair{A: min(a, b), B: max(a, b)}
	text, err := r.GetKey(ctx, pairSpace, pairKey(a, b))
	if err == nil && text != nil {
		err = json.Unmarshal(text, p)
	}
	return p, err
}

// decide adds a decision to a pair, files it in the queue or takes it off, and
// notes who may have to move.
func (w *work) decide(p *Pair, d Decision) error {
	d.At, d.Change = w.tx.Time(), w.tx.Change()
	was := p.Now().Outcome
	p.Decisions = append(p.Decisions, d)
	if err := w.queue(p, d); err != nil {
		return err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := w.tx.SetKey(w.ctx, pairSpace, store.KeyValue{Key: pairKey(p.A, p.B), Value: text}); err != nil {
		return err
	}
	for _, side := range [2][2]int64{{p.A, p.B}, {p.B, p.A}} {
		n, err := w.node(side[0])
		if err != nil {
			return err
		}
		if i := n.has(side[1]); i >= 0 {
			n.Pairs[i].Outcome, n.Pairs[i].Claim, n.Pairs[i].Parted = d.Outcome, d.claimed(), d.Parted
		} else {
			n.Pairs = append(n.Pairs, tie{side[1], d.Outcome, d.claimed(), d.Parted})
		}
		w.dirty[side[0]] = true
		if (was == Joined) != (d.Outcome == Joined) {
			w.moved[side[0]] = true
		}
	}
	return nil
}

// queue keeps the stewards' queue in step with a decision.
func (w *work) queue(p *Pair, d Decision) error {
	if p.Queued != "" {
		if err := w.tx.DeleteKey(w.ctx, queueSpace, p.Queued); err != nil {
			return err
		}
		p.Queued = ""
	}
	if d.Outcome != Possible && d.Outcome != More {
		return nil
	}
	rank := math.Max(0, math.Min(99999, 50000-float64(d.Weight)*100))
	p.Queued = fmt.Sprintf("%05.0f-%s", rank, pairKey(p.A, p.B))
	return w.tx.SetKey(w.ctx, queueSpace, store.KeyValue{Key: p.Queued, Value: []byte(d.At.UTC().Format(time.RFC3339))})
}

// keep writes what has changed of entries, and the model that decided.
func (w *work) keep() error {
	for pk := range w.dirty {
		text, err := json.Marshal(w.nodes[pk])
		if err != nil {
			return err
		}
		if err := w.tx.SetKey(w.ctx, entrySpace, store.KeyValue{Key: nodeKey(pk), Value: text}); err != nil {
			return err
		}
	}
	if len(w.dirty) == 0 {
		return nil
	}
	have, err := w.tx.GetKey(w.ctx, modelSpace, w.Match.Name)
	if err != nil || have != nil {
		return err
	}
	return w.tx.SetKey(w.ctx, modelSpace, store.KeyValue{Key: w.Match.Name, Value: w.Match.text})
}

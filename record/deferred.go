package record

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// A deferred request is answered later (https://hl7.org/fhir/R4/async.html). How
// it stands is in the store, so that any process can say, after a crash too. What
// it commits notes itself in the same transaction, and commits only while the
// request stands as under way: once it has been given up, nothing more of it is
// written, however late its process comes back.
const (
	answerSpace = "answer"
	// AnswerLife is how long a deferred request may take, and how long its answer
	// is kept.
	AnswerLife = time.Hour
	// AnswerBeat is how often a request under way says so.
	AnswerBeat = 5 * time.Second
	// answerSilence is after what time without a beat a request counts as cut off.
	answerSilence = 4 * AnswerBeat
	// noteLife outlasts the longest request, its silence and its answer.
	noteLife = 3 * AnswerLife
	// mostNotes is how many commits of one request are told.
	mostNotes = 20_000
)

// The states of a deferred request.
const (
	deferredRuns = "runs"
	deferredDone = "done"
	deferredCut  = "cut"
)

// deferredRow is how a request stands, as the store keeps it.
type deferredRow struct {
	State string     `json:"state"`
	Since time.Time  `json:"since"`
	Beat  time.Time  `json:"beat"`
	Until time.Time  `json:"until,omitzero"`
	Acts  []deferAct `json:"acts,omitempty"`  // what was decided for it
	Shows []shownDoc `json:"shows,omitempty"` // what its answer shows
}

// deferAct is something that was allowed.
type deferAct struct {
	Act  access.Action `json:"act"`
	Type string        `json:"type,omitempty"`
}

// deferral is the request that an errand is for, when it is answered later.
type deferral struct {
	key   string
	mu    sync.Mutex // guards what follows
	acts  []deferAct
	parts bool
	notes int
}

// deferNote is what one commit of a request wrote.
type deferNote struct {
	Parts   bool      `json:"parts,omitempty"`
	Written []Written `json:"written"`
}

// Written is one resource that a request has written.
type Written struct {
	At      string  `json:"at,omitempty"` // the entry of a Bundle
	Ref     string  `json:"ref"`          // Type/id/_history/version
	Outcome Outcome `json:"outcome"`
}

// answerKey names a request under its requester: who asks under another name finds
// nothing, and what one app was given is not another's, nor the person's other
// apps'.
func (e *Errand) answerKey(id string) string {
	key := e.who.Org + "|" + e.who.ID + "|"
	if l := e.who.Limits; l != nil {
		key += l.App + "|" + l.Grant + "|" + l.Patient + "|"
	}
	return key + id
}

// Defer gives the errand under which a request is done that is answered later, and
// keeps that it is under way. Nothing of a patient is in what it keeps, so the audit
// log does not tell of it; of what the request does it tells as of any other.
func (e *Errand) Defer(ctx context.Context, id string) (*Errand, error) {
	out := *e
	out.later = &deferral{key: e.answerKey(id)}
	now := e.desk.now()
	return &out, e.desk.engine.Update(ctx, func(tx store.Tx) error {
		return setDeferred(ctx, tx, out.later.key, deferredRow{State: deferredRuns, Since: now, Beat: now}, now.Add(noteLife))
	})
}

// InParts says of a deferred request that its writes stand alone, each for itself.
func (e *Errand) InParts() {
	if e.later != nil {
		e.later.mu.Lock()
		e.later.parts = true
		e.later.mu.Unlock()
	}
}

// did remembers what was allowed, to decide it again for who fetches the answer.
func (l *deferral) did(act access.Action, typ string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := (deferAct{act, typ}); !slices.Contains(l.acts, one) {
		l.acts = append(l.acts, one)
	}
}

// Beat says that the request is under way. going is false when it was given up
// meanwhile, or its requester wants it no more.
func (e *Errand) Beat(ctx context.Context) (going bool, err error) {
	err = e.desk.engine.Update(ctx, func(tx store.Tx) error {
		row, err := readDeferred(ctx, tx, e.later.key)
		if going = row.State == deferredRuns; err != nil || !going {
			return err
		}
		row.Beat = e.desk.now()
		return setDeferred(ctx, tx, e.later.key, row, row.Beat.Add(noteLife))
	})
	return going, err
}

// note is part of every commit of the request: it refuses when the request has been
// given up, and tells what was written. Errors: Conflict "answer.ended".
func (l *deferral) note(ctx context.Context, tx store.Tx, p *plan) error {
	if l == nil {
		return nil
	}
	row, err := readDeferred(ctx, tx, l.key)
	if err != nil {
		return err
	}
	if row.State != deferredRuns {
		return fault.New(fault.Conflict, "answer.ended", "the request was given up before this was written")
	}
	l.mu.Lock()
	l.notes++
	key, n := fmt.Sprintf("%s|%08d", l.key, l.notes), deferNote{Parts: l.parts, Written: p.written()}
	l.mu.Unlock()
	text, err := json.Marshal(n)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "answer.note", "what was written cannot be noted")
	}
	return tx.SetKey(ctx, answerSpace, store.KeyValue{Key: key, Value: text, Expires: tx.Time().Add(noteLife)})
}

// written is what a plan writes, for note.
func (p *plan) written() []Written {
	if p == nil {
		return nil
	}
	out := make([]Written, 0, len(p.ops))
	for i, dr := range p.drafts {
		if i >= len(p.ops) {
			break // Provenance of our own
		}
		w := Written{At: dr.op.At, Ref: fmt.Sprintf("%s/%s/_history/%d", dr.op.Type, dr.id, dr.version), Outcome: Updated}
		switch {
		case dr.nothing || dr.found != nil || dr.twin != nil:
			continue
		case dr.put.Deleted:
			w.Outcome = Deleted
		case dr.old == nil:
			w.Outcome = Created
		}
		out = append(out, w)
	}
	return out
}

// notesOf reads what a request has written, oldest first.
func notesOf(ctx context.Context, r store.Keys, key string) (written []Written, parts bool, err error) {
	rows, err := r.ListKeys(ctx, answerSpace, key+"|", mostNotes)
	if err != nil {
		return nil, false, err
	}
	for _, kv := range rows {
		if kv.Key == key+bodySuffix {
			continue
		}
		var n deferNote
		if err := json.Unmarshal(kv.Value, &n); err != nil {
			return nil, false, fault.Wrap(err, fault.Internal, "answer.note", "what was written cannot be read")
		}
		written, parts = append(written, n.Written...), parts || n.Parts
	}
	return written, parts, nil
}

// readDeferred reads how a request stands; the state of one that is not known is "".
func readDeferred(ctx context.Context, r store.Keys, key string) (deferredRow, error) {
	var row deferredRow
	text, err := r.GetKey(ctx, answerSpace, key)
	if err != nil || text == nil {
		return row, err
	}
	if err := json.Unmarshal(text, &row); err != nil {
		return row, fault.Wrap(err, fault.Internal, "answer.row", "how a request stands cannot be read")
	}
	return row, nil
}

func setDeferred(ctx context.Context, tx store.Tx, key string, row deferredRow, expires time.Time) error {
	text, err := json.Marshal(row)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "answer.row", "how a request stands cannot be kept")
	}
	return tx.SetKey(ctx, answerSpace, store.KeyValue{Key: key, Value: text, Expires: expires})
}

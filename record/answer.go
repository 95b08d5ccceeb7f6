package record

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/review"
	"concord/standard/fhir"
	"concord/store"
)

// bodySuffix is where the answer of a request lies, behind its own key.
const bodySuffix = "|answer"

// Deferred is how a request stands that is answered later.
type Deferred struct {
	Running bool
	Since   time.Time // when it was begun
	Until   time.Time // its answer is kept so long
	Answer  []byte    // as Finish was given it; nil while it runs
	// Cut: its process ended, or failed, before it was done. Written is then what
	// it had committed, and Parts that this need not be all that was to be written.
	Cut     bool
	Parts   bool
	Written []Written
}

// shownDoc is a document that an answer shows, and whether with address and
// contacts.
type shownDoc struct {
	PK      int64 `json:"p"`
	LID     int64 `json:"l"`
	Contact bool  `json:"c,omitempty"`
}

// Finish keeps the answer of a deferred request, for its requester alone. shows are
// the resources in it (Type/id): whether they may be seen is asked again when it is
// fetched. An answer to a request that was given up is not kept.
func (e *Errand) Finish(ctx context.Context, answer []byte, shows []string) error {
	return e.end(ctx, deferredDone, answer, shows)
}

// GiveUp ends a deferred request that failed: nothing more of it is written. answer
// is what it says when nothing was written before; nil = that it was cut off.
func (e *Errand) GiveUp(ctx context.Context, answer []byte) error {
	return e.end(ctx, deferredCut, answer, nil)
}

func (e *Errand) end(ctx context.Context, state string, answer []byte, shows []string) error {
	seen, err := e.shownNow(ctx, shows)
	if err != nil {
		return err
	}
	var body []byte
	if answer != nil {
		if body, err = e.desk.pack(ctx, e.who.Org, answer); err != nil {
			return err
		}
	}
	l := e.later
	l.mu.Lock()
	acts := slices.Clone(l.acts)
	l.mu.Unlock()
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		row, err := readDeferred(ctx, tx, l.key)
		if err != nil || row.State != deferredRuns {
			return err
		}
		row.State, row.Until, row.Acts, row.Shows = state, e.desk.now().Add(AnswerLife), acts, seen
		if err := setDeferred(ctx, tx, l.key, row, row.Until); err != nil || body == nil {
			return err
		}
		return tx.SetKey(ctx, answerSpace, store.KeyValue{Key: l.key + bodySuffix, Value: body, Expires: row.Until})
	})
}

// Deferred tells how a deferred request of this requester stands; nil when there is
// none. What was allowed then is decided again, and all that the answer shows must
// still be seen: else Denied, or Withheld "answer.withheld". An answer that is given
// is in the audit log first; of a request that was cut off by a crash only what it
// wrote itself is told, which the log has.
func (e *Errand) Deferred(ctx context.Context, id string) (*Deferred, error) {
	key := e.answerKey(id)
	row, err := e.standing(ctx, key)
	if err != nil || row.State == "" {
		return nil, err
	}
	out := &Deferred{Running: row.State == deferredRuns, Since: row.Since, Until: row.Until, Cut: row.State == deferredCut}
	if out.Running {
		return out, nil
	}
	if err := e.givenAgain(ctx, id, row); err != nil {
		return nil, err
	}
	return out, e.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		if out.Cut {
			if out.Written, out.Parts, err = notesOf(ctx, r, key); err != nil {
				return err
			}
		}
		body, err := r.GetKey(ctx, answerSpace, key+bodySuffix)
		if err != nil || body == nil {
			return err
		}
		out.Answer, err = e.desk.unpack(body)
		return err
	})
}

// standing reads the row. One that is silent has been cut off: that is settled in a
// transaction of its own, after which nothing of it can be written. One that a
// snapshot does not show may be too new for it.
func (e *Errand) standing(ctx context.Context, key string) (deferredRow, error) {
	var row deferredRow
	silent := func() bool { return row.State == deferredRuns && e.desk.now().Sub(row.Beat) > answerSilence }
	err := e.desk.engine.View(ctx, func(r store.Reader) (err error) {
		row, err = readDeferred(ctx, r, key)
		return err
	})
	if err != nil || row.State != "" && !silent() {
		return row, err
	}
	err = e.desk.engine.Update(ctx, func(tx store.Tx) (err error) {
		if row, err = readDeferred(ctx, tx, key); err != nil || !silent() {
			return err
		}
		row.State, row.Until = deferredCut, e.desk.now().Add(AnswerLife)
		return setDeferred(ctx, tx, key, row, row.Until)
	})
	return row, err
}

// givenAgain decides on a kept answer for who fetches it, and tells the audit log.
func (e *Errand) givenAgain(ctx context.Context, id string, row deferredRow) error {
	var v access.Verdict
	for _, a := range row.Acts {
		var err error
		if v, err = e.decide(ctx, a.Act, a.Type, "$async/"+id); err != nil {
			return err
		}
	}
	if len(row.Acts) == 0 { // nothing was decided, so nothing was seen
		return nil
	}
	t := trace{what: []string{"$async/" + id}, count: len(row.Shows)}
	failure := e.desk.engine.View(ctx, func(r store.Reader) error {
		t.records, t.cases = nil, nil
		keys := make([]store.Key, len(row.Shows))
		for i, s := range row.Shows {
			keys[i] = store.Key{PK: s.PK, LID: s.LID}
		}
		t.records = e.desk.recordIDs(keys...)
		eyes, err := e.eyes(ctx, r, &t)
		if err != nil {
			return err
		}
		for i, s := range row.Shows {
			doc, err := r.Get(ctx, keys[i])
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			seen, contact, err := eyes.see(ctx, doc)
			if err != nil {
				return err
			}
			if !seen || s.Contact && !contact {
				return fault.New(fault.Withheld, "answer.withheld", "the answer shows what may no longer be seen: ask again for what may")
			}
		}
		t.cases = eyes.cases()
		return nil
	})
	t.failure = failure
	if err := e.audit(ctx, access.Read, v, t); err != nil {
		return err
	}
	return failure
}

// shownNow finds which of the resources that an answer has the requester sees now.
func (e *Errand) shownNow(ctx context.Context, refs []string) ([]shownDoc, error) {
	var out []shownDoc
	if len(refs) == 0 {
		return nil, nil
	}
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		out = nil
		eyes, err := e.eyes(ctx, r, &trace{})
		if err != nil {
			return err
		}
		for _, ref := range refs {
			docs, err := e.behind(ctx, r, ref)
			if err != nil {
				return err
			}
			for _, doc := range docs {
				seen, contact, err := eyes.see(ctx, doc)
				if err != nil {
					return err
				}
				if seen {
					out = append(out, shownDoc{doc.PK, doc.LID, contact})
				}
			}
		}
		return nil
	})
	return out, err
}

// behind are the documents of a reference: of a person, those of all their entries.
func (e *Errand) behind(ctx context.Context, r store.Reader, ref string) ([]*store.Doc, error) {
	parsed, ok := fhir.ParseReference(ref)
	if !ok {
		return nil, nil
	}
	if parsed.Type == "Patient" {
		if n, ok, err := e.desk.personNamed(ctx, r, parsed.ID, time.Time{}); ok {
			if err != nil {
				return nil, nil // known no more
			}
			groups, err := r.Chart(ctx, n.records(), []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
			return slices.Concat(groups...), err
		}
	}
	doc, err := e.desk.fetch(ctx, r, parsed.Type, parsed.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return []*store.Doc{doc}, err
}

// eyes are what an errand may see of what it reads and of what it searches for.
type eyes []*sight

func (e *Errand) eyes(ctx context.Context, r store.Reader, t *trace) (eyes, error) {
	var err error
	if t.change, err = r.LastChange(ctx); err != nil {
		return nil, err
	}
	var out eyes
	for _, act := range []access.Action{access.Read, access.Search} {
		v := e.desk.policies.Decide(e.who, e.why, act, "")
		if !v.Allowed {
			continue
		}
		s, err := e.sight(ctx, r, v, t.change)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (e eyes) see(ctx context.Context, doc *store.Doc) (seen, contact bool, err error) {
	if doc == nil {
		return false, false, nil
	}
	for _, s := range e {
		o, err := s.look(ctx, doc, false)
		if err != nil {
			return false, false, err
		}
		if o.Shown {
			s.note(o, doc.PK)
			return true, o.Contact, nil
		}
	}
	return false, false, nil
}

// cases are for the privacy officer: who is watched, and was shown.
func (e eyes) cases() []review.Case {
	var out []review.Case
	for _, s := range e {
		out = append(out, s.cases()...)
	}
	return out
}

// DropAnswer forgets a deferred request: one that is under way writes nothing more.
func (e *Errand) DropAnswer(ctx context.Context, id string) error {
	key := e.answerKey(id)
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		rows, err := tx.ListKeys(ctx, answerSpace, key+"|", mostNotes)
		if err != nil {
			return err
		}
		for _, kv := range rows {
			if err := tx.DeleteKey(ctx, answerSpace, kv.Key); err != nil {
				return err
			}
		}
		return tx.DeleteKey(ctx, answerSpace, key)
	})
}

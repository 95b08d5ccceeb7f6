package record

import (
	"context"
	"time"

	"concord/store"
)

// Answers to asynchronous requests are kept under their requester's name: who
// asks under another finds nothing. What is in them was audited when it was
// read.
const answerSpace = "answer"

func (e *Errand) answerKey(id string) string {
	key := e.who.Org + "|" + e.who.ID + "|"
	if l := e.who.Limits; l != nil { // what one app was given is not another's, nor the person's other apps'
		key += l.App + "|" + l.Grant + "|" + l.Patient + "|"
	}
	return key + id
}

// KeepAnswer keeps an answer until a time.
func (e *Errand) KeepAnswer(ctx context.Context, id string, answer []byte, until time.Time) error {
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, answerSpace, store.KeyValue{Key: e.answerKey(id), Value: answer, Expires: until})
	})
}

// Answer returns an answer of this requester; nil when there is none.
func (e *Errand) Answer(ctx context.Context, id string) ([]byte, error) {
	var out []byte
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		out, err = r.GetKey(ctx, answerSpace, e.answerKey(id))
		return err
	})
	return out, err
}

// DropAnswer forgets an answer.
func (e *Errand) DropAnswer(ctx context.Context, id string) error {
	return e.desk.engine.Update(ctx, func(tx store.Tx) error { return tx.DeleteKey(ctx, answerSpace, e.answerKey(id)) })
}

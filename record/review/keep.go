package review

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"concord/fault"
	"concord/store"
)

// Cases are small keys, the newest first. Those in the queue and those that
// are closed lie apart, so that the queue is read without what is done.
const (
	openSpace   = "review-open"
	closedSpace = "review-closed"
)

// Most is how many cases are read at once.
const Most = 5000

var idLetters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID names a case by its moment and by what it is about, so that the same
// signal in the same period is the same case.
func NewID(at time.Time, kind Kind, user, person string) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d|%s|%s|%s", at.UnixMicro(), kind, user, person))
	return fmt.Sprintf("%012x", uint64(1<<47)-uint64(at.UnixMilli())) + idLetters.EncodeToString(h[:10])
}

func validID(id string) bool {
	return len(id) == 28 && strings.Trim(id, "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// File puts a case into the queue unless it is there, or was there and is
// closed. It says whether it did.
func File(ctx context.Context, tx store.Tx, c Case) (bool, error) {
	for _, space := range []string{openSpace, closedSpace} {
		kv, err := tx.GetKey(ctx, space, c.ID)
		if err != nil || kv != nil {
			return false, err
		}
	}
	c.State = Open
	return true, set(ctx, tx, openSpace, &c)
}

// Grow writes anew what a case in the queue counts; a closed one stays.
func Grow(ctx context.Context, tx store.Tx, id string, count int) error {
	kv, err := tx.GetKey(ctx, openSpace, id)
	if err != nil || kv == nil {
		return err
	}
	c, err := parse(kv)
	if err != nil || count <= c.Count {
		return err
	}
	c.Count = count
	return set(ctx, tx, openSpace, c)
}

// Keep writes a case that took a step.
func Keep(ctx context.Context, tx store.Tx, c *Case) error {
	to, from := openSpace, closedSpace
	if c.State.Closed() {
		to, from = from, to
	}
	if err := tx.DeleteKey(ctx, from, c.ID); err != nil {
		return err
	}
	return set(ctx, tx, to, c)
}

func set(ctx context.Context, tx store.Tx, space string, c *Case) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "review.case", "a case cannot be written")
	}
	return tx.SetKey(ctx, space, store.KeyValue{Key: c.ID, Value: text})
}

func parse(text []byte) (*Case, error) {
	var c Case
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "review.case", "a case cannot be read")
	}
	return &c, nil
}

// Find reads a case. Errors: NotFound "review.unknown".
func Find(ctx context.Context, r store.Keys, id string) (*Case, error) {
	if validID(id) {
		for _, space := range []string{openSpace, closedSpace} {
			kv, err := r.GetKey(ctx, space, id)
			if err != nil {
				return nil, err
			}
			if kv != nil {
				return parse(kv)
			}
		}
	}
	return nil, Unknown()
}

// Unknown is the error for a case that is not there, or not for whoever asks.
func Unknown() error { return fault.New(fault.NotFound, "review.unknown", "there is no such case") }

// List reads the queue, or what is closed, newest first; whole is false when
// there are more than Most.
func List(ctx context.Context, r store.Keys, closed bool) (list []Case, whole bool, err error) {
	space := openSpace
	if closed {
		space = closedSpace
	}
	rows, err := r.ListKeys(ctx, space, "", Most+1)
	if err != nil {
		return nil, false, err
	}
	for _, kv := range rows[:min(Most, len(rows))] {
		c, err := parse(kv.Value)
		if err != nil {
			return nil, false, err
		}
		list = append(list, *c)
	}
	return list, len(rows) <= Most, nil
}

package intake

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/hl7v2"
)

// Domain is what journal rows carry when a message names no organisation that
// is known.
const Domain = access.Domain

// Receiver journals messages and answers them.
type Receiver struct {
	desk    *record.Desk
	errand  *record.Errand
	feeds   *Feeds
	now     func() time.Time
	control *atomic.Int64
	pace    *pace
	arrived func() // wakes the applier
	trust   string // whose messages these are when they name no known organisation
	Stats   *Stats
}

// Stats are counters for /metrics, by outcome.
type Stats struct {
	Accepted, Failed, Rejected, Duplicate atomic.Int64
}

// NewReceiver makes a receiver; arrived is called after each kept message.
func NewReceiver(desk *record.Desk, feeds *Feeds, now func() time.Time, arrived func()) *Receiver {
	r := &Receiver{desk: desk, feeds: feeds, now: now, arrived: arrived, control: new(atomic.Int64), pace: new(pace), Stats: new(Stats)}
	r.errand = desk.For(
		access.Requester{ID: "intake", Name: "Message intake", Role: access.System, Org: Domain},
		access.Reason{Purpose: access.DirectCare})
	r.control.Store(now().UnixMilli())
	return r
}

// At is the receiver for one listener, whose messages are of the trust when
// neither MSH-4 nor a setting names another ("" = no such rule).
func (r *Receiver) At(trust string) *Receiver {
	at := *r
	at.trust = trust
	return &at
}

// feed finds the feed of a message that came in here.
func (r *Receiver) feed(h hl7v2.Header) Feed {
	f := r.feeds.Of(h)
	if f.Trust == "" {
		f.Trust = r.trust
	}
	return f
}

// Feeds are the settings that are in force.
func (r *Receiver) Feeds() *Feeds { return r.feeds }

// Receive takes one message (without its MLLP frame), keeps it, and returns
// the acknowledgement to send, nil for none. A frame error stands for what the
// MLLP reader found wrong. It is kept durably before the answer says so.
func (r *Receiver) Receive(ctx context.Context, raw []byte, frame error) []byte {
	h, feed, err := r.take(ctx, raw, frame)
	outcome := hl7v2.OutcomeOf(err)
	switch outcome {
	case hl7v2.Accepted:
		r.Stats.Accepted.Add(1)
	case hl7v2.Failed:
		r.Stats.Failed.Add(1)
	default:
		r.Stats.Rejected.Add(1)
	}
	code, send := h.Answer(feed.Ack, outcome)
	if !send {
		return nil
	}
	reply := hl7v2.Reply{Code: code, At: r.now(), Control: fmt.Sprintf("CONCORD%d", r.control.Add(1))}
	if err != nil {
		f := fault.Of(err)
		text := f.Text
		if f.Kind == fault.Internal {
			text = "the message could not be kept"
		}
		reply.Error = &hl7v2.Mistake{Place: f.At, Condition: hl7v2.ConditionOf(f.Code), Text: f.Code + ": " + text}
	}
	return hl7v2.Ack(h, reply)
}

func (r *Receiver) take(ctx context.Context, raw []byte, frame error) (hl7v2.Header, Feed, error) {
	if frame != nil {
		h := hl7v2.ReadHeader(raw)
		return h, r.feed(h), frame
	}
	m, err := hl7v2.Parse(raw)
	if err != nil {
		h := hl7v2.ReadHeader(raw)
		return h, r.feed(h), err
	}
	h := m.Header()
	feed := r.feed(h)
	if err := hl7v2.Accept(m); err != nil {
		return h, feed, err
	}
	if len(feed.AcceptProcessing) > 0 && !slices.Contains(feed.AcceptProcessing, h.Processing) {
		return h, feed, fault.New(fault.Unsupported, "hl7v2.processing", "this feed does not take messages with this MSH-11").In("MSH^1^11")
	}
	return h, feed, r.keep(ctx, h, feed, raw)
}

func (r *Receiver) keep(ctx context.Context, h hl7v2.Header, feed Feed, raw []byte) error {
	org := feed.Trust
	if org == "" {
		org = Domain
	}
	row := &record.Message{
		Org: org, Feed: feed.Name, Control: h.Control, Trigger: h.Name(),
		Digest: r.desk.Digest(feed.Name, h.Control, raw), Raw: raw,
	}
	began := r.now()
	err := r.errand.Receive(ctx, []*record.Message{row})
	r.pace.add(r.now().Sub(began))
	if err != nil {
		return err
	}
	if row.State == record.Duplicate {
		r.Stats.Duplicate.Add(1)
	} else if r.arrived != nil {
		r.arrived()
	}
	return nil
}

package feed

import (
	"context"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// filler takes what channels of one organisation want into the queues.
type filler struct {
	errand *record.Errand
	zone   *time.Location
	ahead  map[string]int64 // how far a channel has read beyond its cursor, where it found nothing
	noted  time.Time        // when cursors were last written for that alone
	now    func() time.Time
	filed  func(destinations map[string]bool) // told of what was filed
}

const (
	fillStep  = 512
	noteEvery = 30 * time.Second
)

func newFiller(e *record.Errand, zone *time.Location, now func() time.Time, filed func(map[string]bool)) *filler {
	return &filler{errand: e, zone: zone, ahead: map[string]int64{}, now: now, filed: filed}
}

// step reads one stretch for the channels that are furthest behind and files
// what they want; more tells that there may be more to do at once.
func (f *filler) step(ctx context.Context, channels []*channel.Channel) (more bool, err error) {
	cursors, err := f.errand.Cursors(ctx)
	if err != nil {
		return false, err
	}
	var changes []*channel.Channel
	for _, c := range channels {
		if _, begun := cursors[c.Name]; !begun {
			continue // its set was applied by another process a moment ago
		}
		if !c.Relays() {
			changes = append(changes, c)
			continue
		}
		some, err := f.relay(ctx, c, cursors[c.Name])
		if err != nil {
			return false, err
		}
		more = more || some
	}
	some, err := f.changes(ctx, changes, cursors)
	return more || some, err
}

func (f *filler) at(c *channel.Channel, cursors map[string]int64) int64 {
	return max(cursors[c.Name], f.ahead[c.Name])
}

// changes takes the channels that have read least of the change feed on, up to
// where the others are, so that all come to read together.
func (f *filler) changes(ctx context.Context, list []*channel.Channel, cursors map[string]int64) (bool, error) {
	if len(list) == 0 {
		return false, nil
	}
	from, until := f.at(list[0], cursors), int64(0)
	for _, c := range list {
		from = min(from, f.at(c, cursors))
	}
	var group []*channel.Channel
	for _, c := range list {
		if at := f.at(c, cursors); at == from {
			group = append(group, c)
		} else if until == 0 || at < until {
			until = at
		}
	}
	want := func(typ, org string) bool {
		for _, c := range group {
			if c.Wants(typ, org) {
				return true
			}
		}
		return false
	}
	var out []record.Outgoing
	last, err := f.errand.Forward(ctx, from, until, fillStep, want, func(commit []record.Forwarded, look record.Follow) error {
		for _, c := range group {
			out = append(out, f.messages(c, commit, look)...)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if last == from && until > 0 {
		last = until // nothing lies between
	}
	if last == from {
		return false, nil
	}
	return true, f.release(ctx, group, cursors, last, out)
}

// messages are those of one channel, one for each destination.
func (f *filler) messages(c *channel.Channel, commit []record.Forwarded, look record.Follow) []record.Outgoing {
	changes := make([]channel.Change, len(commit))
	for i, w := range commit {
		changes[i] = channel.Change{Type: w.Type, ID: w.ID, Version: w.Version, Org: w.Org, Record: w.Record, At: w.At, Now: w.Now, Before: w.Before}
	}
	x := channel.Context{Zone: f.zone, Look: func(ref string) (*fhir.Value, int64) { return look(ref) },
		Control: func(n int) string { return controlOf(c.Name, commit[0].Change, n) }}
	var out []record.Outgoing
	for _, m := range c.Messages(changes, x) {
		out = append(out, forAll(c, &m)...)
	}
	return out
}

// forAll is a message for each destination of its channel.
func forAll(c *channel.Channel, m *channel.Message) []record.Outgoing {
	out := make([]record.Outgoing, 0, len(c.Destinations))
	for _, name := range c.Destinations {
		o := record.Outgoing{Destination: name, Channel: c.Name, Control: m.Control, Trigger: m.Trigger, Raw: m.Text, Records: m.Records, Lanes: m.Lanes}
		if p := m.Problem; p != nil {
			o.Problem = fault.New(fault.Invalid, p.Rule, "%s", p.Text).In(p.Field)
		}
		out = append(out, o)
	}
	return out
}

// controlOf is the control id (MSH-10, at most 20 characters) of the n-th
// message that a channel makes of a commit: the same whenever it is made.
func controlOf(name string, change int64, n int) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	tag := strconv.FormatUint(uint64(h.Sum32())%(36*36*36*36), 36)
	return strings.ToUpper(strconv.FormatInt(change, 36) + "-" + strconv.FormatInt(int64(n), 36) + "-" + tag)
}

// release files messages and moves cursors. Where nothing was found the cursor
// is written now and then: to read the same again costs little.
func (f *filler) release(ctx context.Context, group []*channel.Channel, cursors map[string]int64, last int64, out []record.Outgoing) error {
	if len(out) == 0 && f.now().Sub(f.noted) < noteEvery {
		for _, c := range group {
			f.ahead[c.Name] = last
		}
		return nil
	}
	var moves []record.Cursor
	for _, c := range group {
		moves = append(moves, record.Cursor{Channel: c.Name, From: cursors[c.Name], To: last})
	}
	err := f.errand.Release(ctx, moves, out)
	if err != nil {
		clear(f.ahead) // another process may have gone on
		return err
	}
	f.noted = f.now()
	if len(out) > 0 {
		to := map[string]bool{}
		for _, m := range out {
			to[m.Destination] = true
		}
		f.filed(to)
	}
	return nil
}

// relay passes on messages of a feed.
func (f *filler) relay(ctx context.Context, c *channel.Channel, cursor int64) (bool, error) {
	from := max(cursor, f.ahead[c.Name])
	list, last, err := f.errand.ForwardMessages(ctx, c.Source.Feed, from, fillStep)
	if err != nil || last == from {
		return false, err
	}
	var out []record.Outgoing
	for _, m := range list {
		if made := c.Relay(m.Raw, controlOf(c.Name, m.Seq, 0)); made != nil {
			made.Records = m.Records
			out = append(out, forAll(c, made)...)
		}
	}
	return true, f.release(ctx, []*channel.Channel{c}, map[string]int64{c.Name: cursor}, last, out)
}

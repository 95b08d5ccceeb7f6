package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"concord/demo/joining"
	"concord/fault"
	"concord/standard/hl7v2"
)

// liveMessage is one on its way.
type liveMessage struct {
	due     time.Time
	phase   *livePhase // nil = it is not measured
	control string
	text    string
}

// liveLine is a feed's MLLP connection: the next message goes when the one before
// is acknowledged.
type liveLine struct {
	conn net.Conn
	in   *hl7v2.Reader
	out  *hl7v2.Writer
	next chan liveMessage
}

// liveQueue is how many messages may wait at a sender; who makes them waits beyond
// it, and their moments stay what they were.
const liveQueue = 1 << 14

func (t *liveTraffic) dial(ctx context.Context, addr string) (*liveLine, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	l := &liveLine{conn, hl7v2.NewReader(conn, 1<<20), hl7v2.NewWriter(conn), make(chan liveMessage, liveQueue)}
	t.working.Go(func() {
		defer conn.Close()
		for {
			select {
			case m := <-l.next:
				t.over(l, m)
			case <-ctx.Done():
				return
			}
		}
	})
	return l, nil
}

// over sends a message over its line and waits for the acknowledgement, which is
// given when the message is durable.
func (t *liveTraffic) over(l *liveLine, m liveMessage) {
	err := l.exchange(m.text)
	if err != nil && fault.Of(err).Code != "bench.refused" {
		t.mu.Lock()
		t.lost = err
		t.mu.Unlock()
		return
	}
	if m.phase != nil {
		m.phase.acknowledged.took(m.due, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unheard--
	if err != nil {
		delete(t.waiting, m.control)
	}
}

func (l *liveLine) exchange(text string) error {
	l.conn.SetDeadline(time.Now().Add(time.Minute))
	if err := l.out.Write([]byte(text)); err != nil {
		return err
	}
	raw, err := l.in.Next()
	if err != nil {
		return err
	}
	answer, err := hl7v2.Parse(raw)
	if err != nil {
		return err
	}
	if code := answer.Get("MSA-1"); code != "AA" && code != "CA" {
		return fault.New(fault.Internal, "bench.refused", "a message was answered %s", code)
	}
	return nil
}

// send makes a message about somebody and hands it to their line: of ten, five are
// results, three begin or end a stay, one says what is known and one that they
// have moved.
func (t *liveTraffic) send(due time.Time, r *rand.Rand, p *livePhase) {
	i := r.IntN(len(t.people))
	row, control := t.people[i].row, t.nextControl()
	var text string
	switch kind := r.IntN(10); kind {
	case 0, 1, 2, 3, 4:
		text = joining.Panel(row, control, due, r.IntN(1000))
	case 5, 6:
		text = joining.Visit(row, "A01", "V"+control, control, due, due)
	case 7:
		text = joining.Visit(row, "A03", fmt.Sprintf("H%d", i), control, due.AddDate(0, 0, -2), due)
	case 8:
		text = joining.Person(row, "A31", control, due)
	default:
		row.Record.Address = fmt.Sprintf("%d New Road", 1+r.IntN(200))
		text = joining.Person(row, "A31", control, due)
	}
	t.hand(i, liveMessage{due, p, control, text})
}

func (t *liveTraffic) hand(person int, m liveMessage) {
	t.mu.Lock()
	t.waiting[m.control] = m
	t.unheard++
	t.mu.Unlock()
	t.lines[person%len(t.lines)].next <- m
}

func (t *liveTraffic) nextControl() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.control++
	return fmt.Sprintf("B%d", t.control)
}

// panelsBefore is how many panels of results everybody has when it begins.
const panelsBefore = 3

// history sends what people have behind them: a stay and some results.
func (t *liveTraffic) history(ctx context.Context) error {
	now := time.Now()
	for i, who := range t.people {
		begun := now.AddDate(0, 0, -2)
		control := t.nextControl()
		t.hand(i, liveMessage{control: control, text: joining.Visit(who.row, "A01", fmt.Sprintf("H%d", i), control, begun, begun)})
		for n := range panelsBefore {
			control = t.nextControl()
			t.hand(i, liveMessage{control: control, text: joining.Panel(who.row, control, now.AddDate(0, -1-n, 0), i+n)})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return t.drain(ctx)
}

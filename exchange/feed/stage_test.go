package feed

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/exchange/feed/channel"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
	"concord/standard/validate"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// stage is a desk on a real store, an engine, and legacy systems.
type stage struct {
	t      testing.TB
	ctx    context.Context
	engine store.Engine
	desk   *record.Desk
	feeds  *Engine
	lead   func(ctx context.Context, name string, f func(context.Context)) // nil: alone
	stop   func()
	done   chan struct{}
}

func newStage(t testing.TB) *stage {
	t.Helper()
	engine, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return stageOn(t, engine)
}

// stageOn is a stage on an engine, which it closes.
func stageOn(t testing.TB, engine store.Engine) *stage {
	t.Helper()
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(context.Background(), record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	return &stage{t: t, ctx: context.Background(), engine: engine, desk: desk}
}

// system is the errand of RQM's own system, which writes.
func (s *stage) system() *record.Errand {
	return s.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "RQM", Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, access.Reason{Purpose: access.DirectCare})
}

func (s *stage) engineer(org string) *record.Errand {
	return s.desk.For(access.Requester{ID: "engineer.lim", Role: access.Engineer, Org: org}, access.Reason{Purpose: access.Integrity, Text: "a test of the feed"})
}

func (s *stage) operator() *record.Errand {
	return s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: "RQM"}, access.Reason{Purpose: access.Integrity, Text: "a test"})
}

// apply makes the YAML the set that runs.
func (s *stage) apply(text string) {
	s.t.Helper()
	set, problems := channel.Read(map[string][]byte{"a.yaml": []byte(text)}, "RQM")
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	if _, err := Apply(s.ctx, s.operator(), s.system(), "RQM", set); err != nil {
		s.t.Fatal(err)
	}
	if s.feeds != nil {
		s.feeds.Applied()
	}
}

// run starts the engine; halt ends it.
func (s *stage) run() {
	ctx, stop := context.WithCancel(s.ctx)
	s.feeds = New(Options{Desk: s.desk, Now: time.Now, Zone: s.desk.Zone(), Log: slog.New(slog.DiscardHandler), Owner: "test", Lead: s.lead})
	s.stop, s.done = stop, make(chan struct{})
	go func() { defer close(s.done); s.feeds.Run(ctx) }()
	s.t.Cleanup(s.halt)
}

func (s *stage) halt() {
	s.stop()
	<-s.done
}

// patient writes a made-up patient and gives the id.
func (s *stage) patient(n int) string {
	s.t.Helper()
	ops := []record.Op{{Kind: record.Create, Type: "Patient", Resource: fhir.Obj("resourceType", "Patient",
		"identifier", fhir.Arr(fhir.Obj("system", uk.HospitalNumber.System("RQM"), "value", fmt.Sprintf("%07dT", n))),
		"name", fhir.Arr(fhir.Obj("family", fmt.Sprintf("Test%d", n), "given", fhir.Arr("Ada"))), "gender", "female", "birthDate", "1980-02-03")}}
	return s.write(ops)[0].ID
}

// visit writes the k-th event of a patient: an admission, then updates that
// carry a number, so that a receiver can tell the order.
func (s *stage) visit(patient, id string, k int) string {
	s.t.Helper()
	body := fhir.Obj("resourceType", "Encounter",
		"identifier", fhir.Arr(fhir.Obj("system", uk.VisitNumber.System("RQM"), "value", "V"+patient)),
		"status", "in-progress", "class", fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", "IMP"),
		"subject", fhir.Obj("reference", "Patient/"+patient),
		"period", fhir.Obj("start", "2026-03-01T09:00:00+00:00"),
		"reasonCode", fhir.Arr(fhir.Obj("text", fmt.Sprint("step ", k))))
	op := record.Op{Kind: record.Create, Type: "Encounter", Resource: body}
	if id != "" {
		op.Kind, op.ID, op.Resource = record.Update, id, body.With("id", id)
	}
	return s.write([]record.Op{op})[0].ID
}

func (s *stage) write(ops []record.Op) []record.Result {
	s.t.Helper()
	out, err := s.system().Transact(s.ctx, ops, record.Commit{})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// eventually waits for a condition.
func (s *stage) eventually(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	for _, d := range s.status() {
		s.t.Logf("%s: %v %+v", d.Destination, d.ByState, d.Sending)
	}
	s.t.Fatalf("it does not come to: %s", what)
}

func (s *stage) status() []record.DestinationStatus {
	s.t.Helper()
	out, _, err := s.engineer("RQM").Destinations(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// states counts the messages to a destination.
func (s *stage) states(name string) map[record.State]int64 {
	s.t.Helper()
	for _, d := range s.status() {
		if d.Destination == name {
			return d.ByState
		}
	}
	return nil
}

func (s *stage) of(name string, states ...record.State) []*record.Message {
	s.t.Helper()
	out, err := s.engineer("RQM").Messages(s.ctx, record.MessageFilter{Feed: "to:" + name, States: states, Limit: 10_000})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// legacy is a departmental system that takes messages over MLLP, and behaves as
// a test wants.
type legacy struct {
	t    testing.TB
	addr string
	mu   sync.Mutex
	got  []received
	// behave gives the answer to the n-th message, from 0; nil = AA. Bytes are
	// written as they are (a frame of its own); none = no answer at all.
	behave func(n int, m *hl7v2.Message) []byte
	ln     net.Listener
	conns  map[net.Conn]bool
}

// received is one message as a legacy system has it.
type received struct{ control, trigger, number, step, text string }

func newLegacy(t testing.TB) *legacy {
	l := &legacy{t: t, addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	l.up()
	l.addr = l.ln.Addr().String()
	t.Cleanup(l.down)
	return l
}

func (l *legacy) up() {
	ln, err := net.Listen("tcp", l.addr)
	for i := 0; err != nil && i < 100; i++ {
		time.Sleep(20 * time.Millisecond)
		ln, err = net.Listen("tcp", l.addr)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	l.ln = ln
	l.mu.Unlock()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			l.mu.Lock()
			l.conns[c] = true
			l.mu.Unlock()
			go l.serve(c)
		}
	}()
}

// down closes the port and cuts every connection.
func (l *legacy) down() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ln.Close()
	for c := range l.conns {
		c.Close()
		delete(l.conns, c)
	}
}

func (l *legacy) serve(c net.Conn) {
	defer c.Close()
	in, out := hl7v2.NewReader(c, 1<<20), hl7v2.NewWriter(c)
	for {
		raw, err := in.Next()
		if err != nil {
			return
		}
		m, err := hl7v2.Parse(raw)
		if err != nil {
			l.t.Errorf("a message that cannot be read: %v", err)
			return
		}
		l.mu.Lock()
		n := len(l.got)
		l.got = append(l.got, received{m.Header().Control, m.Header().Trigger, m.Get("PID-3.1"), strings.TrimPrefix(m.Get("PV2-3.2"), "step "), string(raw)})
		behave := l.behave
		l.mu.Unlock()
		if behave != nil {
			answer := behave(n, m)
			if answer == nil {
				answer = ack(m, "AA")
			}
			if len(answer) == 0 {
				continue
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
			continue
		}
		if out.Write(hl7v2.Ack(m.Header(), hl7v2.Reply{Code: "AA", Control: "A", At: time.Unix(0, 0)})) != nil {
			return
		}
	}
}

// ack is a framed acknowledgement.
func ack(m *hl7v2.Message, code string) []byte {
	r := hl7v2.Reply{Code: code, Control: "A", At: time.Unix(0, 0)}
	if code != "AA" {
		r.Error = &hl7v2.Mistake{Place: "PID^1^5", Condition: "101", Text: "no such patient Smith"}
	}
	return []byte("\x0b" + string(hl7v2.Ack(m.Header(), r)) + "\x1c\r")
}

func (l *legacy) all() []received {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]received(nil), l.got...)
}

func (l *legacy) count() int { return len(l.all()) }

// once are the messages in the order in which they first came.
func (l *legacy) once() []received {
	var out []received
	seen := map[string]bool{}
	for _, r := range l.all() {
		if !seen[r.control] {
			seen[r.control] = true
			out = append(out, r)
		}
	}
	return out
}

package intake

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/standard/hl7v2"
	"concord/standard/validate"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// ward is intake over a real desk, store and socket.
type ward struct {
	t        *testing.T
	ctx      context.Context
	dir      string
	engine   store.Engine
	desk     *record.Desk
	receiver *Receiver
	applier  *Applier
	log      *lockedText
	stops    []func()
}

// lockedText gathers a log that several goroutines write.
type lockedText struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWard(t *testing.T, settings ...FeedSetting) *ward {
	t.Helper()
	return openWard(t, t.TempDir(), sqlite.Options{}, settings...)
}

func openWard(t *testing.T, dir string, o sqlite.Options, settings ...FeedSetting) *ward {
	t.Helper()
	w := &ward{t: t, ctx: context.Background(), dir: dir, log: &lockedText{}}
	o.Now, o.NoSync = time.Now, true
	engine, err := sqlite.Open(w.ctx, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	w.engine = engine
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	w.desk, err = record.Open(w.ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	feeds, err := NewFeeds(settings, w.desk.Zone())
	if err != nil {
		t.Fatal(err)
	}
	w.receiver = NewReceiver(w.desk, feeds, time.Now, func() { w.applier.Wake() })
	w.applier = NewApplier(w.desk, w.receiver, slog.New(slog.NewTextHandler(w.log, nil)))
	t.Cleanup(w.close)
	return w
}

// close stops everything, once.
func (w *ward) close() {
	for _, stop := range w.stops {
		stop()
	}
	w.stops = nil
	w.engine.Close()
}

// apply runs the applier until close.
func (w *ward) apply() {
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() { defer close(done); w.applier.Run(ctx) }()
	w.stops = append(w.stops, func() { cancel(); <-done })
}

// listen opens a listener; stop ends it gracefully and waits.
func (w *ward) listen(l *Listener) (addr string, stop func()) {
	w.t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	if l.Receiver == nil {
		l.Receiver = w.receiver
	}
	l.Log = slog.New(slog.NewTextHandler(w.log, nil))
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := l.Serve(ctx, socket); err != nil {
			w.t.Errorf("the listener ended with %v", err)
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-done }) }
	w.stops = append([]func(){stop}, w.stops...)
	return socket.Addr().String(), stop
}

// sender is one connection to a listener.
type sender struct {
	t    *testing.T
	conn net.Conn
	in   *hl7v2.Reader
}

func (w *ward) dial(addr string) *sender {
	w.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	return &sender{w.t, conn, hl7v2.NewReader(conn, 1<<20)}
}

func framedText(text string) string { return "\x0b" + text + "\x1c\r" }

func (s *sender) write(raw string) {
	s.t.Helper()
	if _, err := s.conn.Write([]byte(raw)); err != nil {
		s.t.Fatal(err)
	}
}

// answer waits for the next acknowledgement.
func (s *sender) answer() *hl7v2.Message {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	raw, err := s.in.Next()
	if err != nil {
		s.t.Fatalf("no answer: %v", err)
	}
	m, err := hl7v2.Parse(raw)
	if err != nil {
		s.t.Fatalf("the answer cannot be read: %v: %q", err, raw)
	}
	return m
}

// silent asks that nothing comes for a moment; closed tells whether the
// connection was ended.
func (s *sender) silent(d time.Duration) (closed bool) {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(d))
	raw, err := s.in.Next()
	if err == nil {
		s.t.Errorf("an answer came: %q", raw)
		return false
	}
	timeout, ok := err.(net.Error)
	return !ok || !timeout.Timeout()
}

// send takes a message in past the socket and gives MSA-1 and ERR-8.
func (w *ward) send(text string) (code, why string) {
	w.t.Helper()
	raw := w.receiver.Receive(w.ctx, []byte(text), nil)
	if raw == nil {
		return "", ""
	}
	m, err := hl7v2.Parse(raw)
	if err != nil {
		w.t.Fatalf("the answer cannot be read: %v", err)
	}
	return m.Get("MSA-1"), m.Get("ERR-8")
}

func (w *ward) mustSend(text string) {
	w.t.Helper()
	if code, why := w.send(text); code != "AA" {
		w.t.Fatalf("%s %s: %q", code, why, text)
	}
}

func (w *ward) operator() *record.Errand {
	return w.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: Domain}, access.Reason{Purpose: access.Integrity})
}

func (w *ward) clinician() *record.Errand {
	return w.desk.For(access.Requester{ID: "u-ada", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare})
}

// attend makes the clinician one who has to do with a patient: with a claim.
func (w *ward) attend(patient string) {
	w.t.Helper()
	if _, err := w.clinician().Claim(w.ctx, patient, "seen on the ward round"); err != nil {
		w.t.Fatal(err)
	}
}

// rows are the journal, oldest first.
func (w *ward) rows() []*record.Message {
	w.t.Helper()
	rows, err := w.operator().Messages(w.ctx, record.MessageFilter{Limit: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows
}

// settled waits until no message waits any more.
func (w *ward) settled() []*record.Message {
	w.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		waiting := 0
		rows := w.rows()
		for _, m := range rows {
			if m.State == record.Received {
				waiting++
			}
		}
		if waiting == 0 {
			return rows
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.t.Fatalf("messages still wait: %s", w.log.String())
	return nil
}

// clean verifies the store after a story.
func (w *ward) clean() {
	w.t.Helper()
	if _, err := w.operator().Verify(w.ctx, func(f record.Finding) { w.t.Errorf("verify: %+v", f) }); err != nil {
		w.t.Fatal(err)
	}
}

var lastControl atomic.Int64

// message writes one of R1K's for a hospital number: trigger such as
// "ADT^A01", event "20260601080000", and what stands in PID-5.
func message(trigger, number, event, name string) string {
	return messageOf("R1K", fmt.Sprint("C", lastControl.Add(1)), trigger, number, event, name)
}

func messageOf(facility, control, trigger, number, event, name string) string {
	kind := strings.Split(trigger, "^")[1]
	return strings.Join([]string{
		`MSH|^~\&|PAS|` + facility + `|CONCORD|NWL|` + event + `||` + trigger + `|` + control + `|P|2.4`,
		`EVN|` + kind + `|` + event,
		`PID|1||` + number + `^^^R1K^MR||` + name + `||19480314|F|||1 High St^^Harrow^^HA1 3UJ`,
		`PV1|1|I|WARD1^A^1||||||||||||||||V` + number,
	}, "\r") + "\r"
}

// patientOf is the entry under a hospital number of R1K.
func (w *ward) patientOf(number string) *record.Item {
	w.t.Helper()
	e := w.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "R1K"}, access.Reason{Purpose: access.DirectCare})
	p, err := e.Prior(w.ctx, number, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.Patient
}

// goldenMessages are the messages of the golden files, by file.
func goldenMessages(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	out := map[string][]byte{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		msg, _, _ := strings.Cut(string(text), dashes)
		if strings.Contains(msg, "|8859/1") {
			out[path] = latin1(msg)
		} else {
			out[path] = []byte(strings.ReplaceAll(msg, "\n", "\r"))
		}
	}
	return out
}

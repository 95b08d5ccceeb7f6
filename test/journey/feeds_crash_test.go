package journey

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/standard/hl7v2"
	"concord/test/load"
)

// recorder is a legacy system that answers AA and remembers what came.
type recorder struct {
	mu  sync.Mutex
	got []heard
}

type heard struct{ control, patient, filler string }

func (r *recorder) serve(t *testing.T) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			go r.answer(conn)
		}
	}()
	return socket.Addr().String()
}

func (r *recorder) answer(conn net.Conn) {
	defer conn.Close()
	in, out := hl7v2.NewReader(conn, 1<<20), hl7v2.NewWriter(conn)
	for {
		raw, err := in.Next()
		if err != nil {
			return
		}
		m, err := hl7v2.Parse(raw)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.got = append(r.got, heard{m.Header().Control, m.Get("PID-3.1"), m.Get("OBR-3.1")})
		r.mu.Unlock()
		if out.Write(hl7v2.Ack(m.Header(), hl7v2.Reply{Code: "AA", Control: "R", At: time.Now()})) != nil {
			return
		}
	}
}

func (r *recorder) all() []heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]heard(nil), r.got...)
}

// changeOf is the change number that a control id begins with.
func changeOf(t *testing.T, control string) int64 {
	t.Helper()
	head, _, _ := strings.Cut(control, "-")
	n, err := strconv.ParseInt(strings.ToLower(head), 36, 64)
	if err != nil {
		t.Fatalf("the control id %s names no change", control)
	}
	return n
}

// TestFeedSurvivesKill kills the server again and again while messages come in
// and go out. At the end each live destination has every report that the record
// has, of each patient in the order of the changes; what came twice is the last
// message of a patient before a kill, and nothing of the dead destination is
// lost.
func TestFeedSurvivesKill(t *testing.T) {
	rounds, n := setting("CONCORD_CRASH_ROUNDS", 5), setting("CONCORD_CRASH_MESSAGES", 3000)
	if testing.Short() {
		rounds, n = 2, 600
	}
	dir, channels := t.TempDir(), t.TempDir()
	one, two := &recorder{}, &recorder{}
	file(t, channels, "a.yaml", "destinations:\n  - {name: one, mllp: '"+one.serve(t)+"', retry: {first: 50ms, most: 500ms}}\n  - {name: two, mllp: '"+two.serve(t)+"', retry: {first: 50ms, most: 500ms}}\n"+
		"  - {name: gone, mllp: '"+freePort(t)+"'}\nchannels: [{name: all, source: {changes: record}, filter: {types: [DiagnosticReport]}, destinations: [one, two, gone]}]\n")
	s := start(t, dir, "serve")
	if out, code := run(t, "feed", "apply", channels, "--org", "R1K", "--without-golden", "--data", dir); code != 0 {
		t.Fatal(out)
	}
	messages := load.Results("R1K", "C", n, 60, time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC))
	for i := range rounds {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			load.Load(ctx, s.mllp, 8, 0, messages[i*n/rounds:(i+1)*n/rounds])
		}()
		time.Sleep(time.Duration(200+rand.IntN(2500)) * time.Millisecond)
		s.kill()
		cancel()
		<-done
		s = start(t, dir, "serve")
	}
	s.settled(2 * time.Minute)
	drained := func() bool {
		out, _ := run(t, "feed", "list", "--data", dir)
		for line := range strings.Lines(out) {
			if f := strings.Fields(line); len(f) > 3 && (f[0] == "one" || f[0] == "two") && (f[2] != "0" || f[3] != "0") {
				return false
			}
		}
		return true
	}
	for end := time.Now().Add(2 * time.Minute); !drained(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			t.Fatal("the queues do not drain")
		}
	}
	time.Sleep(time.Second) // the last stretch of the change feed
	for !drained() {
		time.Sleep(time.Second)
	}
	listed, _ := run(t, "feed", "list", "--data", dir)
	s.stop()
	seen := reports(t, dir)
	for name, r := range map[string]*recorder{"one": one, "two": two} {
		repeats := r.check(t, name, seen)
		t.Logf("%s: %d reports, %d kills, %d sent twice", name, len(seen), rounds, repeats)
	}
	if want := strconv.Itoa(len(seen)); !strings.Contains(strings.Join(strings.Fields(listed), " "), "gone R1K "+want+" 0 0 0") {
		t.Errorf("for the dead destination not %s wait:\n%s", want, listed)
	}
	if out, code := run(t, "verify", "--data", dir); code != 0 {
		t.Errorf("verify: %s", out)
	}
}

// check holds what a destination got against the record's reports.
func (r *recorder) check(t *testing.T, name string, reports map[string]int) (repeats int) {
	t.Helper()
	got, last := map[string]bool{}, map[string]heard{}
	for _, h := range r.all() {
		before := last[h.patient]
		switch {
		case h.control == before.control:
			repeats++
		case before.control != "" && changeOf(t, h.control) < changeOf(t, before.control):
			t.Errorf("%s: of a patient %s came after %s", name, h.control, before.control)
		}
		last[h.patient], got[h.filler] = h, true
	}
	for filler := range reports {
		if !got[filler] {
			t.Errorf("%s: the report %s is in the record and never came", name, filler)
		}
	}
	if len(got) != len(reports) {
		t.Errorf("%s: %d reports came, the record has %d", name, len(got), len(reports))
	}
	return repeats
}

package cosigning_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cosigned "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"concord/edge/witness"
	"concord/exchange/cosigning"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/audit"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

const origin = "concord.test/audit"

// keys are those of the log, which a fork of it shares.
type keys struct{ private, public string }

func newKeys(t *testing.T, name string) keys {
	t.Helper()
	private, public, err := note.GenerateKey(nil, name)
	must(t, err)
	return keys{private, public}
}

// log is a real log on a real store.
type log struct {
	t     *testing.T
	desk  *record.Desk
	seq   *audit.Sequencer
	known note.Verifiers
	asker *cosigning.Asker
}

func newLog(t *testing.T, k keys, witnesses ...cosigning.Witness) *log {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	must(t, err)
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	must(t, err)
	signer, err := note.NewSigner(k.private)
	must(t, err)
	verifier, err := note.NewVerifier(k.public)
	must(t, err)
	desk, err := record.Open(t.Context(), record.Options{Engine: engine, Codec: codec, Secret: []byte(strings.Repeat("s", 32)), Now: time.Now, AuditKeys: note.VerifierList(verifier)})
	must(t, err)
	l := &log{t: t, desk: desk, seq: desk.Sequencer(audit.Signer(origin, signer)), known: note.VerifierList(verifier)}
	l.asker = &cosigning.Asker{Log: desk, Known: l.known, Witnesses: witnesses, Client: &http.Client{Timeout: 2 * time.Second}, Now: time.Now, Every: time.Second}
	return l
}

// grow makes n entries of somebody and signs a checkpoint.
func (l *log) grow(n int, who string) {
	l.t.Helper()
	for range n {
		l.desk.For(access.Requester{ID: who, Role: access.Receptionist}, access.Reason{Purpose: access.DirectCare}).Read(l.t.Context(), "Observation", "none")
	}
	_, err := l.seq.Once(l.t.Context())
	must(l.t, err)
}

func (l *log) standings() map[string]audit.Standing {
	l.t.Helper()
	all, err := l.desk.Witnesses(l.t.Context())
	must(l.t, err)
	out := map[string]audit.Standing{}
	for _, s := range all {
		out[s.Name] = s
	}
	return out
}

// partner is a witness behind a real HTTP server.
type partner struct {
	cosigning.Witness
	dir    string
	public string
	server *httptest.Server
}

func newPartner(t *testing.T, name string, logs ...string) *partner {
	t.Helper()
	p := &partner{dir: t.TempDir()}
	k := newKeys(t, name)
	var err error
	p.public, err = cosigned.VKeyToCosignatureV1(k.public)
	must(t, err)
	signer, err := cosigned.NewSignerForCosignatureV1(k.private)
	must(t, err)
	var verifiers []note.Verifier
	for _, key := range logs {
		v, err := note.NewVerifier(key)
		must(t, err)
		verifiers = append(verifiers, v)
	}
	quiet := slog.New(slog.DiscardHandler)
	p.server = httptest.NewServer(witness.New(p.dir, signer, verifiers).Handler(p.public, quiet))
	t.Cleanup(p.server.Close)
	p.Witness, err = cosigning.ParseWitness(p.server.URL + "/=" + p.public)
	must(t, err)
	return p
}

func (p *partner) forks(t *testing.T) int {
	t.Helper()
	have, err := filepath.Glob(filepath.Join(p.dir, "fork-*"))
	must(t, err)
	return len(have)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// verify gives the findings of the log against witness keys.
func (l *log) verify(saved [][]byte, witnessKeys ...string) []string {
	l.t.Helper()
	x := record.Elsewhere{Checkpoints: saved}
	for _, key := range witnessKeys {
		w, err := audit.WitnessKey(key)
		must(l.t, err)
		x.Witnesses = append(x.Witnesses, w)
	}
	var found []string
	operator := l.desk.For(access.Requester{ID: "op", Role: access.Operator}, access.Reason{Purpose: access.Integrity})
	_, err := operator.Verify(l.t.Context(), func(f store.Finding) { found = append(found, f.Code) }, x)
	must(l.t, err)
	return found
}

// TestCosigned: two witnesses co-sign a log that grows; the note that is kept
// bears three signatures, and verify holds it against the witnesses' keys.
func TestCosigned(t *testing.T) {
	k := newKeys(t, origin)
	a, b := newPartner(t, "a.example/w", k.public), newPartner(t, "b.example/w", k.public)
	l := newLog(t, k, a.Witness, b.Witness)
	must(t, l.asker.Once(t.Context())) // nothing is signed yet
	for _, n := range []int{3, 1, 20, 0} {
		l.grow(n, "n1")
		must(t, l.asker.Once(t.Context()))
		signed, err := l.desk.AuditCosigned(t.Context())
		must(t, err)
		newest, err := l.desk.AuditCheckpoint(t.Context())
		must(t, err)
		if !bytes.HasPrefix(signed, newest) || bytes.Count(signed, []byte("\n— ")) != 3 {
			t.Fatalf("%s", signed)
		}
		for _, p := range []*partner{a, b} {
			if _, err := note.Open(signed, note.VerifierList(p.Key)); err != nil {
				t.Error(err)
			}
			if s := l.standings()[p.Key.Name()]; s.Problem != "" || s.Failures != 0 || s.At.IsZero() {
				t.Errorf("%+v", s)
			}
		}
	}
	signed, err := l.desk.AuditCosigned(t.Context())
	must(t, err)
	bare, err := l.desk.AuditCheckpoint(t.Context())
	must(t, err)
	stranger := newPartner(t, "c.example/w", k.public)
	for _, c := range []struct {
		saved [][]byte
		keys  []string
		want  string
	}{
		{nil, []string{a.public, b.public}, "[]"}, {[][]byte{signed}, []string{a.public, b.public}, "[]"}, {nil, []string{stranger.public}, "[audit.witness]"},
		{[][]byte{bare}, []string{a.public}, "[audit.witness]"}, {[][]byte{bytes.Replace(signed, []byte(" "), []byte("  "), 1)}, nil, "[audit.checkpoint]"},
	} {
		if got := fmt.Sprint(l.verify(c.saved, c.keys...)); got != c.want {
			t.Errorf("verify with %d keys: %s, want %s", len(c.keys), got, c.want)
		}
	}
	if got := fmt.Sprint(newLog(t, k).verify(nil, a.public)); got != "[audit.witness]" {
		t.Error("a log that nobody has co-signed:", got)
	}
}

// TestForkAndRollback: a log that was written anew, or set back, is not
// co-signed, the witness keeps the evidence, and the standing says which it is.
func TestForkAndRollback(t *testing.T) {
	k := newKeys(t, origin)
	p := newPartner(t, "a.example/w", k.public)
	l := newLog(t, k, p.Witness)
	l.grow(10, "n1")
	must(t, l.asker.Once(t.Context()))
	for _, c := range []struct {
		name, code string
		grow       int
	}{
		{"another tree of the same size", "witness.forked", 10},
		{"a tree that does not go on from it", "witness.forked", 15},
		{"a smaller tree", "witness.ahead", 4},
	} {
		other := newLog(t, k, p.Witness)
		other.grow(c.grow, "forger")
		before := p.forks(t)
		err := other.asker.Once(t.Context())
		if f := fault.Of(err); f == nil || f.Code != c.code {
			t.Fatalf("%s: %v", c.name, err)
		}
		if s := other.standings()[p.Key.Name()]; s.Problem != c.code || s.Failures != 1 || s.Since.IsZero() {
			t.Errorf("%s: %+v", c.name, s)
		}
		if signed, _ := other.desk.AuditCosigned(t.Context()); signed != nil {
			t.Errorf("%s is co-signed", c.name)
		}
		if c.code == "witness.forked" && p.forks(t) != before+1 {
			t.Errorf("%s: the witness keeps no evidence", c.name)
		}
	}
	l.grow(5, "n1") // the true log goes on
	must(t, l.asker.Once(t.Context()))
	if s := l.standings()[p.Key.Name()]; s.Size != 15 || s.Problem != "" {
		t.Errorf("%+v", s)
	}
}

// TestDeadWitness: one that does not answer, or answers rubbish, stops neither
// the log nor the other witness, and comes back by itself.
func TestDeadWitness(t *testing.T) {
	k := newKeys(t, origin)
	alive, dead := newPartner(t, "a.example/w", k.public), newPartner(t, "b.example/w", k.public)
	rubbish := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("— b.example/w AAAA\n"))
	}))
	defer rubbish.Close()
	url := dead.URL
	l := newLog(t, k, alive.Witness, dead.Witness)
	for _, c := range []struct{ url, code string }{{"http://127.0.0.1:1", "witness.unreachable"}, {rubbish.URL, "audit.signature"}, {rubbish.URL + "/none", "audit.signature"}, {url, ""}} {
		l.asker.Witnesses[1].URL = c.url
		l.grow(2, "n1")
		must(t, l.asker.Once(t.Context()))
		s := l.standings()
		if s["b.example/w"].Problem != c.code || s["a.example/w"].Problem != "" {
			t.Errorf("%s: %+v", c.url, s)
		}
		signed, err := l.desk.AuditCosigned(t.Context())
		must(t, err)
		if want := map[bool]int{true: 3, false: 2}[c.code == ""]; bytes.Count(signed, []byte("\n— ")) != want {
			t.Errorf("%s: %s", c.url, signed)
		}
	}
	if s := l.standings()["b.example/w"]; s.Failures != 3 || !s.Since.IsZero() {
		t.Errorf("%+v", s)
	}
}

// TestRefused: a witness that does not know the log says so.
func TestRefused(t *testing.T) {
	k := newKeys(t, origin)
	l := newLog(t, k, newPartner(t, "a.example/w").Witness, newPartner(t, "b.example/w", newKeys(t, origin).public).Witness)
	l.grow(1, "n1")
	must(t, l.asker.Once(t.Context()))
	for name, s := range l.standings() {
		if s.Problem != "witness.refused" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestTogether: two askers at once, as when the lead changes hands.
func TestTogether(t *testing.T) {
	k := newKeys(t, origin)
	p := newPartner(t, "a.example/w", k.public)
	l := newLog(t, k, p.Witness)
	for range 5 {
		l.grow(3, "n1")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := l.asker.Once(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		must(t, l.asker.Once(t.Context()))
		if s := l.standings()[p.Key.Name()]; s.Problem != "" {
			t.Errorf("%+v", s)
		}
	}
	if p.forks(t) != 0 {
		t.Error("evidence against a log that did nothing wrong")
	}
}

func TestParseWitness(t *testing.T) {
	good := newPartner(t, "a.example/w").public
	for _, text := range []string{"", "http://x", "=" + good, "ftp://x=" + good, "http://x?y=" + good, "http://x=rubbish", "http:///=" + good} {
		if _, err := cosigning.ParseWitness(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestDamagedState: a witness whose memory is damaged co-signs nothing.
func TestDamagedState(t *testing.T) {
	k := newKeys(t, origin)
	p := newPartner(t, "a.example/w", k.public)
	l := newLog(t, k, p.Witness)
	l.grow(2, "n1")
	must(t, l.asker.Once(t.Context()))
	files, err := filepath.Glob(filepath.Join(p.dir, "log-*"))
	must(t, err)
	must(t, os.WriteFile(files[0], []byte("torn"), 0o600))
	l.grow(2, "n1")
	must(t, l.asker.Once(t.Context()))
	if s := l.standings()[p.Key.Name()]; s.Problem != "witness.unreachable" || s.Size != 2 {
		t.Errorf("%+v", s)
	}
}

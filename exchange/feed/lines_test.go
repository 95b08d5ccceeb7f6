package feed

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

// fhirServer answers transactions with the statuses that are set, then 200.
type fhirServer struct {
	mu       sync.Mutex
	statuses []int
	bodies   []*fhir.Value
	ids      []string
	tokens   []string
}

func (f *fhirServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v, err := fhir.Parse(body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		w.WriteHeader(400)
		return
	}
	f.bodies, f.ids, f.tokens = append(f.bodies, v), append(f.ids, r.Header.Get("X-Request-Id")), append(f.tokens, r.Header.Get("Authorization"))
	status := 200
	if len(f.statuses) > 0 {
		status, f.statuses = f.statuses[0], f.statuses[1:]
	}
	w.WriteHeader(status)
	fmt.Fprint(w, `{"resourceType":"OperationOutcome","issue":[{"diagnostics":"Smith"}]}`)
}

// TestFHIR: a transaction carries what changed and its patient under their own
// ids, with the control id in X-Request-Id; statuses become retries, a stop of
// the destination, or a return.
func TestFHIR(t *testing.T) {
	s := newStage(t)
	server := &fhirServer{statuses: []int{503, 401, 200, 422}}
	at := httptest.NewServer(server)
	defer at.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.apply("destinations: [{name: hub, fhir: '" + at.URL + "', token-file: '" + token + "', connections: 1, retry: {first: 20ms, most: 50ms}}]\n" +
		"channels: [{name: all, source: {changes: record}, filter: {types: [Encounter]}, map: {format: fhir}, destinations: [hub]}]\n")
	s.run()
	p := s.patient(1)
	enc := s.visit(p, "", 0)
	s.eventually("the first is sent", func() bool { return s.states("hub")[record.Sent] == 1 })
	s.visit(p, enc, 1)
	s.eventually("the second is returned", func() bool { return s.states("hub")[record.Returned] == 1 })
	server.mu.Lock()
	defer server.mu.Unlock()
	if len(server.bodies) != 4 || server.ids[0] != server.ids[2] || server.ids[0] == "" || server.tokens[0] != "Bearer secret" {
		t.Fatalf("%d requests, %v, %v", len(server.bodies), server.ids, server.tokens)
	}
	b := server.bodies[2]
	if b.StrAt("type") != "transaction" || b.StrAt("entry.0.request.url") != "Patient/"+p || b.StrAt("entry.1.request.url") != "Encounter/"+enc || b.StrAt("entry.1.request.method") != "PUT" {
		t.Errorf("sent %s", b.JSON())
	}
	m := s.of("hub", record.Returned)[0]
	if m.Text != "the destination answered 422" || record.ReadOutDetail(m).Attempts != 1 {
		t.Errorf("returned as %s after %d", m.Text, record.ReadOutDetail(m).Attempts)
	}
	reply, err := s.engineer("RQM").OpenReply(s.ctx, m.Seq)
	if err != nil || !strings.Contains(string(reply), "Smith") {
		t.Errorf("the answer is %q, %v", reply, err)
	}
}

func TestStatuses(t *testing.T) {
	for status, want := range map[int]verdict{200: accepted, 201: accepted, 301: down, 400: refused, 401: down, 403: down, 404: down, 405: down,
		408: down, 409: refused, 412: refused, 413: refused, 415: refused, 422: refused, 429: down, 500: down, 502: down, 503: down} {
		if got := readStatus(status, "", nil); got.verdict != want || (got.fault == nil) != (want == accepted) {
			t.Errorf("%d is %d, not %d", status, got.verdict, want)
		}
	}
	if a := readStatus(429, "7", nil); a.wait != 7*time.Second {
		t.Errorf("Retry-After: %v", a.wait)
	}
	if a := readStatus(503, "-5", nil); a.wait != 0 {
		t.Errorf("a Retry-After that is none: %v", a.wait)
	}
}

// TestFolder: one file a message, whole, in order of name; a folder that is not
// there keeps the queue.
func TestFolder(t *testing.T) {
	s := newStage(t)
	dir := filepath.Join(t.TempDir(), "out")
	s.apply("destinations: [{name: files, folder: '" + dir + "', retry: {first: 20ms, most: 50ms}}]\nchannels: [{name: all, source: {changes: record}, destinations: [files]}]\n")
	s.run()
	p := s.patient(1)
	s.eventually("it waits for the folder", func() bool { return s.states("files")[record.Waiting] == 1 })
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	enc := s.visit(p, "", 0)
	s.visit(p, enc, 1)
	s.eventually("written", func() bool { return s.states("files")[record.Sent] == 3 })
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 3 {
		t.Fatalf("%v, %v", names, err)
	}
	for i, want := range []string{"ADT^A28", "ADT^A01", "ADT^A08"} {
		text, err := os.ReadFile(names[i])
		if err != nil {
			t.Fatal(err)
		}
		m, err := hl7v2.Parse(text)
		if err != nil || m.Header().Name() != want || !strings.HasSuffix(names[i], m.Header().Control+".hl7") {
			t.Errorf("%s holds %s, %v", names[i], m.Header().Name(), err)
		}
	}
}

// TestPass: a destination that says "refused: pass" gets the patient's next
// message all the same.
func TestPass(t *testing.T) {
	s, a := newStage(t), newLegacy(t)
	a.behave = func(_ int, m *hl7v2.Message) []byte {
		if m.Get("PV2-3.2") == "step 0" {
			return ack(m, "AE")
		}
		return nil
	}
	s.apply(setOf(map[string]string{"one": a.addr}, ", refused: pass"))
	s.run()
	p := s.patient(1)
	enc := s.visit(p, "", 0)
	s.visit(p, enc, 1)
	s.eventually("one returned, the others sent", func() bool {
		st := s.states("one")
		return st[record.Returned] == 1 && st[record.Sent] == 2 && st[record.Held] == 0
	})
}

// TestTLS: a destination is known by its authority; one that another vouches
// for is down, and gets nothing.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ris"}, DNSNames: []string{"ris"}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)},
		&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ris"}}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newLegacy(t)
	a.down()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure := tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	t.Cleanup(func() { secure.Close() })
	go func() {
		for {
			c, err := secure.Accept()
			if err != nil {
				return
			}
			go a.serve(c)
		}
	}()
	addr := plain.Addr().String()
	s := newStage(t)
	s.apply("destinations:\n  - {name: known, mllp: '" + addr + "', tls: {ca: '" + ca + "', name: ris}}\n  - {name: stranger, mllp: '" + addr + "', tls: {name: ris}}\n" +
		"channels: [{name: all, source: {changes: record}, destinations: [known, stranger]}]\n")
	s.run()
	s.patient(1)
	s.eventually("sent over TLS", func() bool { return s.states("known")[record.Sent] == 1 })
	s.eventually("the stranger is down", func() bool {
		for _, d := range s.status() {
			if d.Destination == "stranger" {
				return d.Sending.State == "down"
			}
		}
		return false
	})
	if a.count() != 1 {
		t.Errorf("%d messages came", a.count())
	}
}

// FuzzReadAck: whatever a destination answers, only AA or CA to this control id
// counts as taken, and nothing of the answer stands in the fault.
func FuzzReadAck(f *testing.F) {
	f.Add([]byte("MSH|^~\\&|||||||ACK|1|P|2.4\rMSA|AA|C1\r"))
	f.Add([]byte("MSH|^~\\&|||||||ACK|1|P|2.4\rMSA|AE|C1|Smith\rERR|PID^1^5|Q||E||||Smith\r"))
	f.Add([]byte("MSA|AA|C1"))
	f.Fuzz(func(t *testing.T, reply []byte) {
		a := readAck("C1", reply)
		if (a.fault == nil) != (a.verdict == accepted) {
			t.Fatalf("%+v", a)
		}
		if a.verdict == accepted {
			m, err := hl7v2.Parse(reply)
			if err != nil || m.Get("MSA-2") != "C1" {
				t.Fatalf("taken for accepted: %q", reply)
			}
			return
		}
		if text := fault.Of(a.fault).Text; len(text) > 90 || len(a.fault.At) > 7 {
			t.Fatalf("the fault says too much: %q at %q", text, a.fault.At)
		}
	})
}

package journey

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// partner is a witness as a process of its own.
type partner struct {
	t         *testing.T
	cmd       *exec.Cmd
	addr, key string
}

var witnessLines = regexp.MustCompile(`(?s)listens  (\S+)\n.*key      (\S+)\n`)

// witness starts `concord witness` and reads what it says.
func witness(t *testing.T, dir, addr string, logs ...string) *partner {
	t.Helper()
	args := []string{"witness", "--dir", dir, "--http", addr, "--name", "partner.example/w1"}
	for _, l := range logs {
		args = append(args, "--log", l)
	}
	p := &partner{t: t, cmd: exec.Command(binary(t), args...)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = io.Discard
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	lines := bufio.NewReader(out)
	text := ""
	for range 3 {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the witness does not start: %s", text)
		}
		text += line
	}
	m := witnessLines.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the witness says %q", text)
	}
	p.addr, p.key = m[1], m[2]
	return p
}

func (p *partner) stop() {
	if p.cmd.ProcessState == nil {
		p.cmd.Process.Signal(os.Interrupt)
		p.cmd.Wait()
	}
}

func (s *server) fetch(path string) (int, string) {
	s.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.http+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

// until waits for something to become true of a path's text.
func (s *server) until(path, what string) string {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if _, text := s.fetch(path); strings.Contains(text, what) {
			return text
		}
	}
	_, text := s.fetch(path)
	s.t.Fatalf("%s does not come to hold %q: %.600s", path, what, text)
	return ""
}

// TestWitnessProcess: a partner's process co-signs the log of a server; it dies
// and the log goes on and says so; it comes back and co-signs again; verify
// asks for its signature.
func TestWitnessProcess(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	// The log's key is made at the first start.
	s := start(t, data, "serve")
	_, keys := s.fetch("/audit-log/keys")
	s.stop()
	logKey := strings.TrimSpace(keys)
	w := witness(t, dir, "127.0.0.1:0", logKey)
	s = start(t, data, "serve", "--witness", "http://"+w.addr+"="+w.key, "--witness-every", "1s")
	ask := func() { s.fetch("/sign-in") }
	enter := func() { // a refused sign-in is an entry of the log
		http.PostForm(s.http+"/sign-in", map[string][]string{"name": {"nobody"}, "password": {"not the password"}})
	}
	enter()
	ask()
	first := s.until("/audit-log/cosigned", "— partner.example/w1 ")
	s.until("/metrics", `concord_audit_witness_problem{witness="partner.example/w1"} 0`)
	w.stop()
	enter()
	s.until("/metrics", `concord_audit_witness_problem{witness="partner.example/w1"} 1`)
	if code, text := s.fetch("/audit-log/checkpoint"); code != 200 || text == "" || strings.HasPrefix(first, text) {
		t.Errorf("the log does not go on without its witness: %d %s", code, text)
	}
	w = witness(t, dir, w.addr, logKey)
	s.until("/metrics", `concord_audit_witness_problem{witness="partner.example/w1"} 0`)
	enter()
	_, saved := s.fetch("/audit-log/cosigned")
	kept := file(t, t.TempDir(), "kept.txt", saved)
	s.stop()
	play(t, []step{
		{"verify with the witness", []string{"verify", "--data", data, "--witness-key", w.key, "--checkpoint", kept}, 0, []string{`: clean$`}, nil},
		{"verify with a witness that never saw it", []string{"verify", "--data", data, "--witness-key", other(t)}, 1, []string{`audit\.witness`}, nil},
		{"verify with a key that is none", []string{"verify", "--data", data, "--witness-key", "rubbish"}, 2, nil, []string{"audit.witness-key"}},
		{"a witness that is none", []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--mllp", "none", "--witness", "rubbish"}, 2, nil, []string{"witness.setting"}},
		{"a witness without a name", []string{"witness", "--dir", t.TempDir(), "--http", "127.0.0.1:0"}, 2, nil, []string{"--name"}},
	})
}

// other is the key of another witness.
func other(t *testing.T) string {
	t.Helper()
	w := witness(t, t.TempDir(), "127.0.0.1:0")
	defer w.stop()
	return w.key
}

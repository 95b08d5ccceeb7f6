package journey

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "concord-journey")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "concord")
	cmd := exec.Command("go", "build", "-o", bin, "concord/cmd/concord")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return bin, err
})

// binary builds the product once for all journeys.
func binary(t testing.TB) string {
	t.Helper()
	bin, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// server is a running concord.
type server struct {
	t    testing.TB
	cmd  *exec.Cmd
	dir  string
	http string        // base URL
	mllp string        // address
	out  *lockedBuffer // what it said, on both outputs
	done chan struct{}
}

// lockedBuffer gathers output that another goroutine reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (s *server) said() string { return s.out.String() }

var (
	httpLine = regexp.MustCompile(`FHIR\s+(http\S+)/fhir`)
	mllpLine = regexp.MustCompile(`MLLP\s+(\S+)`)
)

// start runs a command that serves ("serve", "demo") and waits until it says
// where it listens.
func start(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	s := &server{t: t, dir: dir, out: &lockedBuffer{}, done: make(chan struct{})}
	args = append(args, "--data", dir, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0")
	s.cmd = exec.Command(binary(t), args...)
	s.cmd.Stderr = s.out
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	up := make(chan struct{})
	go func() {
		defer close(s.done)
		lines := bufio.NewScanner(stdout)
		announced := false
		for lines.Scan() {
			line := lines.Text()
			s.out.Write([]byte(line + "\n"))
			if m := httpLine.FindStringSubmatch(line); m != nil {
				s.http = m[1]
			}
			if m := mllpLine.FindStringSubmatch(line); m != nil && s.mllp == "" {
				s.mllp = m[1]
			}
			if s.http != "" && s.mllp != "" && !announced {
				announced = true
				close(up)
			}
		}
		s.cmd.Wait()
	}()
	t.Cleanup(s.kill)
	select {
	case <-up:
	case <-s.done:
		t.Fatalf("the server ended: %s", s.out.String())
	case <-time.After(30 * time.Second):
		t.Fatalf("the server does not come up: %s", s.out.String())
	}
	return s
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	if s.cmd.Process != nil {
		s.cmd.Process.Signal(syscall.SIGKILL)
	}
	<-s.done
}

// stop ends it as an operator would and tells its exit code.
func (s *server) stop() int {
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(30 * time.Second):
		s.t.Error("the server does not stop")
		s.kill()
	}
	return s.cmd.ProcessState.ExitCode()
}

// run runs a command to its end.
func run(t testing.TB, args ...string) (out string, code int) {
	t.Helper()
	bin := binary(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	b, err := cmd.Output()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(b) + stderr.String(), cmd.ProcessState.ExitCode()
}

// token issues a bearer token for everything beside the running server; database
// says where its store is, unless in its folder.
func (s *server) token(database ...string) string {
	s.t.Helper()
	out, code := run(s.t, append([]string{"token", "--data", s.dir, "--client", "journey", "--org", "RYJ", "--scope", "system/*.cruds"}, database...)...)
	if code != 0 {
		s.t.Fatalf("token: %s", out)
	}
	return strings.TrimSpace(out)
}

// get reads a FHIR URL below the base.
func (s *server) get(token, path string, into any) int {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.http+"/fhir/"+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			s.t.Fatalf("%s: %v: %.200s", path, err, body)
		}
	}
	return res.StatusCode
}

var waiting = regexp.MustCompile(`(?m)^concord_messages_waiting (\S+)`)

// settled waits until every journalled message has been applied or parked.
func (s *server) settled(limit time.Duration) {
	s.t.Helper()
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		res, err := http.Get(s.http + "/metrics")
		if err != nil {
			s.t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if m := waiting.FindSubmatch(body); m != nil && string(m[1]) == "0" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatal("messages still wait")
}

package launch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Build compiles the product into a folder and returns the path of the binary.
func Build(dir string) (string, error) {
	bin := filepath.Join(dir, "concord")
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin, "concord/cmd/concord")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
}

// Options say what is served, and by which binary.
type Options struct {
	Binary   string
	Data     string   // data folder
	Database string   // database URL, "" = the data folder alone
	Args     []string // more arguments of serve
}

// place names the data, as every command takes it.
func (o Options) place() []string {
	var out []string
	if o.Data != "" {
		out = append(out, "--data", o.Data)
	}
	if o.Database != "" {
		out = append(out, "--database", o.Database)
	}
	return out
}

// Server is a running concord.
type Server struct {
	Base string // FHIR base URL
	opts Options
	cmd  *exec.Cmd
	said *said
	done chan struct{}
}

// said gathers output that another goroutine reads.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var fhirLine = regexp.MustCompile(`FHIR\s+(http\S+/fhir)`)

const patience = time.Minute

// Start serves on a free port of this machine, without MLLP, and returns once
// the server says where it listens.
func Start(o Options) (*Server, error) {
	s := &Server{opts: o, said: &said{}, done: make(chan struct{})}
	args := append([]string{"serve", "--http", "127.0.0.1:0", "--mllp", "none", "--client-rate", "0"}, o.place()...)
	s.cmd = exec.Command(o.Binary, append(args, o.Args...)...)
	s.cmd.Env = environment()
	s.cmd.Stderr = s.said
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	up := make(chan string, 1)
	go s.listen(stdout, up)
	select {
	case s.Base = <-up:
		return s, nil
	case <-s.done:
		return nil, fmt.Errorf("the server ended: %s", s.said)
	case <-time.After(patience):
		s.Kill()
		return nil, fmt.Errorf("the server does not come up: %s", s.said)
	}
}

// environment is ours without what would change the defaults of a command.
func environment() []string {
	var out []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CONCORD_") {
			out = append(out, e)
		}
	}
	return out
}

// listen reads the server's output until it ends.
func (s *Server) listen(out io.Reader, up chan<- string) {
	defer close(s.done)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Fprintln(s.said, lines.Text())
		if m := fhirLine.FindStringSubmatch(lines.Text()); m != nil {
			select {
			case up <- m[1]:
			default:
			}
		}
	}
	s.cmd.Wait()
}

// PID is the number of the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Said is what the server has printed, on both outputs.
func (s *Server) Said() string { return s.said.String() }

// Token issues a bearer token that opens everything.
func (s *Server) Token(client string) (string, error) {
	args := append([]string{"token", "--client", client, "--org", "RYJ", "--scope", "system/*.cruds"}, s.opts.place()...)
	cmd := exec.Command(s.opts.Binary, args...)
	cmd.Env = environment()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("concord token: %w: %s", err, errs.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// Stop ends the server as an operator would, so that its files are whole.
func (s *Server) Stop() error {
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(patience):
		s.Kill()
		return errors.New("the server does not stop")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with %d: %s", code, s.said)
	}
	return nil
}

// Kill ends the server at once.
func (s *Server) Kill() {
	s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.done
}

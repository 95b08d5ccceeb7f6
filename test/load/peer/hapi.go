package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"concord/test/load/launch"
)

// hapi is the HAPI FHIR JPA server in a JVM of its own.
type hapi struct {
	at   string // its base URL
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	last []string // the last lines that it wrote, for an error
}

// upTo is how long a JVM may take to come up: it makes its tables and reads
// the search parameters of R4.
const upTo = 5 * time.Minute

var listens = regexp.MustCompile(`^FHIR (http\S+)`)

// startHAPI starts the server of a folder where mvn package has run.
func startHAPI(s *settings, database string) (*hapi, error) {
	classes := filepath.Join(s.hapi, "target", "classes")
	if found, _ := filepath.Glob(filepath.Join(s.hapi, "target", "lib", "*.jar")); len(found) == 0 {
		return nil, fmt.Errorf("%s is not built: mvn -f %s package", s.hapi, s.hapi)
	}
	h := &hapi{done: make(chan struct{})}
	h.cmd = exec.Command("java", "-Xmx"+s.heap, "-Dpeer.database="+database, fmt.Sprintf("-Dpeer.connections=%d", s.connections),
		"-cp", classes+":"+filepath.Join(s.hapi, "target", "lib")+"/*", "concord.peer.Main")
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.cmd.Stderr = h.cmd.Stdout
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	up := make(chan string, 1)
	go h.listen(out, up)
	select {
	case h.at = <-up:
		return h, nil
	case <-h.done:
		return nil, fmt.Errorf("HAPI ended: %s", h.said())
	case <-time.After(upTo):
		h.cmd.Process.Kill()
		return nil, fmt.Errorf("HAPI does not come up: %s", h.said())
	}
}

// listen reads what the server writes until it ends.
func (h *hapi) listen(out io.Reader, up chan<- string) {
	defer close(h.done)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := listens.FindStringSubmatch(lines.Text()); m != nil {
			up <- m[1]
			continue
		}
		h.mu.Lock()
		h.last = append(h.last[max(0, len(h.last)-19):], lines.Text())
		h.mu.Unlock()
	}
	h.cmd.Wait()
}

func (h *hapi) said() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.last, "\n")
}

func (h *hapi) base() (url, token string, err error) { return h.at, "", nil }

func (h *hapi) memory() (launch.Memory, error) { return launch.MemoryOf(h.cmd.Process.Pid) }

// settle does nothing: the files of its database are whole as they are, and a
// new JVM would be a cold one.
func (h *hapi) settle() error { return nil }

func (h *hapi) stop() error {
	h.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-h.done:
		return nil
	case <-time.After(time.Minute):
		h.cmd.Process.Kill()
		return errors.New("HAPI does not stop")
	}
}

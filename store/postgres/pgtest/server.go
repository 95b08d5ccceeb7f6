//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options of one server.
type Options struct {
	// NoSync gives up durability for speed: what a server loses when the machine
	// fails. Kill takes nothing from it, since the kernel lives on.
	NoSync bool
	// Settings are added to the server's command line.
	Settings map[string]string
	// Standby is the server that this one follows as a streaming replica.
	Standby *Server
}

// Server is one running server.
type Server struct {
	dir, bin string
	o        Options
	as       *syscall.Credential // nil: as we are
	leash    io.WriteCloser      // the server is stopped when this closes, also when we die
	ended    chan struct{}       // closed when the server and its keeper are gone
}

// port only names the socket: nothing listens on the network, so that tests
// that run at the same time cannot take a port from each other.
const port = "5432"

// ErrMissing says that no PostgreSQL is installed.
var ErrMissing = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// Binaries is the directory of the newest PostgreSQL server programs, "" when
// there are none.
func Binaries() string {
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return ""
	}
	number := func(p string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return number(a) - number(b) }))
}

// New makes and starts a server.
func New(o Options) (*Server, error) {
	s := &Server{bin: Binaries(), o: o}
	if s.bin == "" {
		return nil, ErrMissing
	}
	parent := ""
	if o.NoSync {
		parent = memory()
	}
	var err error
	// Short, since the name of a socket must be.
	if s.dir, err = os.MkdirTemp(parent, "pg"); err != nil {
		return nil, err
	}
	if err = s.make(); err == nil {
		err = s.Start()
	}
	if err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// make fills the data directory. PostgreSQL refuses to run as root: then it
// runs as the user postgres or nobody.
func (s *Server) make() error {
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			if u, err = user.Lookup("nobody"); err != nil {
				return err
			}
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
	}
	if s.o.Standby != nil {
		return s.run("pg_basebackup", "-D", s.data(), "-R", "-X", "stream", "-c", "fast", "-h", s.o.Standby.dir, "-p", port, "-U", "concord", "--no-sync")
	}
	return s.run("initdb", "-D", s.data(), "-U", "concord", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
}

func (s *Server) run(program string, args ...string) error {
	ctx, stop := context.WithTimeout(context.Background(), startLimit)
	defer stop()
	c := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	c.Dir = s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

// startLimit is how long making or starting a server may take.
const startLimit = time.Minute

// keeper is the shell that holds the server. Its input is our leash: when that
// closes, because a test has ended or because we were killed, it ends the
// server at once and removes everything. A word before that says that the
// server was killed on purpose and its data are needed again.
const keeper = `dir=$1; shift
"$@" & p=$!
if read -r word; then wait $p; exit 0; fi
kill -QUIT $p 2>/dev/null; wait $p
rm -rf "$dir"`

// Start starts a server that was killed, on the same data.
func (s *Server) Start() error {
	args := []string{"-c", keeper, "keeper", s.dir, filepath.Join(s.bin, "postgres"),
		"-D", s.data(), "-p", port, "-k", s.dir, "-c", "listen_addresses=", "-c", "log_min_messages=warning"}
	if s.o.NoSync {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=256MB", "-c", "wal_recycle=off")
	}
	for k, v := range s.o.Settings {
		args = append(args, "-c", k+"="+v)
	}
	c := exec.Command("sh", args...)
	c.Dir = s.dir
	// A group of its own, so that a signal for ours leaves the keeper to its work.
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	leash, err := c.StdinPipe()
	if err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(s.data(), "postmaster.pid"))
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	s.leash, s.ended = leash, ended
	if s.comesUp() {
		return nil
	}
	text := s.Log()
	s.Stop()
	return fmt.Errorf("the server does not start:\n%s", text)
}

// comesUp waits until the server is ready, and not for ever.
func (s *Server) comesUp() bool {
	for limit := time.After(startLimit); ; {
		if _, ready := s.postmaster(); ready {
			return true
		}
		select {
		case <-s.ended:
			return false
		case <-limit:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// postmaster reads the process number of the server and whether it is ready.
func (s *Server) postmaster() (pid int, ready bool) {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	lines := strings.Split(string(text), "\n")
	pid, _ = strconv.Atoi(lines[0])
	state := ""
	if len(lines) > 7 {
		state = strings.TrimSpace(lines[7])
	}
	return pid, state == "ready" || state == "standby"
}

// DSN names the server's database.
func (s *Server) DSN() string {
	return fmt.Sprintf("host=%s port=%s user=concord dbname=postgres sslmode=disable", s.dir, port)
}

// Kill ends the server and all its processes at once, as a power cut does but
// for what the kernel holds.
func (s *Server) Kill() {
	pid, _ := s.postmaster()
	if pid == 0 {
		return
	}
	_, _ = io.WriteString(s.leash, "keep\n")
	_ = syscall.Kill(pid, syscall.SIGSTOP) // so that it starts nothing more
	all := append(children(pid), pid)
	for _, p := range all {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
	for _, p := range all {
		for alive(p) {
			time.Sleep(time.Millisecond)
		}
	}
	<-s.ended
	s.leash.Close()
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.leash.Close()
	<-s.ended
	os.RemoveAll(s.dir)
}

// Log is what the server has written.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text)
}

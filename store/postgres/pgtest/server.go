//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"io"
	"net"
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
	// NoSync gives up durability for speed.
	NoSync bool
	// Settings are added to the server's command line.
	Settings map[string]string
	// Standby is the server that this one follows as a streaming replica.
	Standby *Server
}

// Server is one running server.
type Server struct {
	dir, bin string
	port     int
	o        Options
	as       *syscall.Credential // nil: as we are
	command  *exec.Cmd
	leash    io.Closer // the server is stopped when this closes, also when we die
}

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
	var err error
	// Short, since the name of a socket must be.
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
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
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	if s.o.Standby != nil {
		return s.run("pg_basebackup", "-D", s.data(), "-R", "-X", "stream", "-c", "fast", "-h", s.o.Standby.dir, "-p", strconv.Itoa(s.o.Standby.port), "-U", "concord", "--no-sync")
	}
	return s.run("initdb", "-D", s.data(), "-U", "concord", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
}

func (s *Server) run(program string, args ...string) error {
	c := exec.Command(filepath.Join(s.bin, program), args...)
	c.Dir = s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

// Start starts a server that was killed or stopped, on the same data.
func (s *Server) Start() error {
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.dir, "-c", "listen_addresses=127.0.0.1",
		"-c", "max_wal_size=4GB", "-c", "log_min_messages=warning", "-c", "max_prepared_transactions=0"}
	if s.o.NoSync {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	for k, v := range s.o.Settings {
		args = append(args, "-c", k+"="+v)
	}
	// The shell ends the server when our end of its input closes.
	const leash = `"$0" "$@" & p=$!; cat >/dev/null; kill -INT $p 2>/dev/null; wait $p`
	s.command = exec.Command("sh", append([]string{"-c", leash, filepath.Join(s.bin, "postgres")}, args...)...)
	s.command.Dir = s.dir
	s.command.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	s.command.Stdout, s.command.Stderr = log, log
	if s.leash, err = s.command.StdinPipe(); err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(s.data(), "postmaster.pid"))
	if err := s.command.Start(); err != nil {
		return err
	}
	for range 600 {
		if _, ready := s.postmaster(); ready {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return fmt.Errorf("the server does not start:\n%s", text)
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

// DSN names the server's database through its socket.
func (s *Server) DSN() string {
	return fmt.Sprintf("host=%s port=%d user=concord dbname=postgres sslmode=disable", s.dir, s.port)
}

// TCP names it through the network.
func (s *Server) TCP() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=concord dbname=postgres sslmode=disable", s.port)
}

// Kill ends the server and all its processes at once, as a power cut does but
// for what the kernel holds.
func (s *Server) Kill() {
	pid, _ := s.postmaster()
	if pid == 0 {
		return
	}
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
	s.leash.Close()
	_ = s.command.Wait()
}

// children lists the processes that a process has started.
func children(parent int) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range list {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// pid (name) state ppid …; the name may hold anything.
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			if p, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				pids = append(pids, p)
			}
		}
	}
	return pids
}

func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	i := strings.LastIndexByte(string(text), ')')
	return i < 0 || i+2 >= len(text) || text[i+2] != 'Z'
}

// Stop ends the server in order and removes its data.
func (s *Server) Stop() {
	s.leash.Close()
	_ = s.command.Wait()
	os.RemoveAll(s.dir)
}

// Log is what the server has written.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text)
}

//go:build unix

package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// orphanEnv tells the child of TestOrphan what it is.
const orphanEnv = "PGTEST_ORPHAN"

// TestOrphan: a test binary that is killed leaves neither a server nor its
// data behind.
func TestOrphan(t *testing.T) {
	if os.Getenv(orphanEnv) != "" {
		s, err := New(Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		pid, _ := s.postmaster()
		fmt.Printf("\nserver %d %s\n", pid, s.dir)
		time.Sleep(time.Minute)
		return
	}
	if Binaries() == "" {
		Missing(t)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestOrphan$")
	child.Env = append(os.Environ(), orphanEnv+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var dir string
	for lines := bufio.NewScanner(out); pid == 0; {
		if !lines.Scan() {
			t.Fatal("the child started no server")
		}
		_, _ = fmt.Sscanf(lines.Text(), "server %d %s", &pid, &dir)
	}
	if !alive(pid) {
		t.Error("the server is not there")
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	for range 2000 {
		if _, err := os.Stat(dir); !alive(pid) && errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("the server outlives its test: process there %v", alive(pid))
}

// TestAgain: a server that was killed starts again, and Stop removes all.
func TestAgain(t *testing.T) {
	s := Start(t, Options{NoSync: true})
	first, _ := s.postmaster()
	s.Kill()
	if alive(first) {
		t.Error("the server was not killed")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if second, ready := s.postmaster(); !ready || second == first {
		t.Errorf("server %d after %d, ready %v", second, first, ready)
	}
	s.Stop()
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data are there: %v", err)
	}
}

package journey

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// cluster is the folder of a PostgreSQL server and who owns it.
type cluster struct {
	t     *testing.T
	dir   string
	owner *syscall.Credential
}

// folder makes a folder that the server may write to.
func (c *cluster) folder(name string) string {
	c.t.Helper()
	dir := filepath.Join(c.dir, name)
	err := os.Mkdir(dir, 0o700)
	if err == nil && c.owner != nil {
		err = os.Chown(dir, int(c.owner.Uid), int(c.owner.Gid))
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return dir
}

// run runs one of PostgreSQL's programs as the server's user.
func (c *cluster) run(program string, args ...string) (string, error) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, filepath.Join(pgtest.Binaries(), program), args...)
	cmd.Dir, cmd.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: c.owner}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (c *cluster) must(program string, args ...string) string {
	c.t.Helper()
	out, err := c.run(program, args...)
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return out
}

// start starts a server on a data folder; it ends when the test does, however
// that ends.
func (c *cluster) start(data, port string) {
	c.t.Helper()
	const keeper = `"$@" & p=$!
read -r word; kill -QUIT $p; wait $p`
	cmd := exec.Command("sh", "-c", keeper, "keeper", filepath.Join(pgtest.Binaries(), "postgres"), "-D", data, "-p", port, "-k", c.dir,
		"-c", "listen_addresses=", "-c", "fsync=off")
	cmd.Dir, cmd.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: c.owner, Setpgid: true}
	var said lockedBuffer
	cmd.Stdout, cmd.Stderr = &said, &said
	leash, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { leash.Close(); cmd.Wait() })
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if out, err := c.run("psql", "-h", c.dir, "-p", port, "-U", "concord", "-d", "postgres", "-Atc", "SELECT pg_is_in_recovery()"); err == nil && out == "f" {
			return
		}
	}
	c.t.Fatalf("the restored server does not come up:\n%s", said.String())
}

// TestRestorePostgres rehearses docs/operate/backup.md: a base copy, archived
// logs, and a second server that is brought to a moment between two writes.
func TestRestorePostgres(t *testing.T) {
	if pgtest.Binaries() == "" {
		pgtest.Missing(t)
	}
	// The folder is named before the server is: the archive lies beside it.
	shelf, err := os.MkdirTemp("", "pga")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(shelf) })
	first := pgtest.Start(t, pgtest.Options{NoSync: true, Settings: map[string]string{
		"archive_mode": "on", "archive_command": "test ! -f " + shelf + "/log/%f && cp %p " + shelf + "/log/%f",
	}})
	host := strings.TrimPrefix(strings.Fields(first.DSN())[0], "host=")
	c := &cluster{t: t, dir: shelf}
	var info syscall.Stat_t
	if err := syscall.Stat(host, &info); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		c.owner = &syscall.Credential{Uid: info.Uid, Gid: info.Gid}
		if err := os.Chown(shelf, int(info.Uid), int(info.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	log := c.folder("log")
	e := openPostgres(t, first.DSN())
	writeMany(t, e, 0, 50)
	c.must("pg_basebackup", "-D", filepath.Join(shelf, "second"), "-h", host, "-p", "5432", "-U", "concord", "-c", "fast", "--no-sync")
	writeMany(t, e, 50, 100)
	time.Sleep(50 * time.Millisecond)
	moment := time.Now()
	time.Sleep(50 * time.Millisecond)
	writeMany(t, e, 100, 150)
	// The last log is archived when it is full, or when it is switched.
	ask := []string{"-h", host, "-p", "5432", "-U", "concord", "-d", "postgres", "-Atc"}
	segment := c.must("psql", append(ask, "SELECT pg_walfile_name(pg_switch_wal())")...)
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(log, segment)); err == nil {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("log %s is not archived: %s", segment, first.Log())
		}
	}
	first.Kill() // the server is lost
	second := filepath.Join(shelf, "second")
	f, err := os.OpenFile(filepath.Join(second, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "\nrestore_command = 'cp %s/%%f %%p'\nrecovery_target_time = '%s'\nrecovery_target_action = 'promote'\n", log, moment.UTC().Format("2006-01-02 15:04:05.999999-07"))
	f.Close()
	if err := os.WriteFile(filepath.Join(second, "recovery.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c.start(second, "5433")
	back := openPostgres(t, fmt.Sprintf("host=%s port=5433 user=concord dbname=postgres sslmode=disable", shelf))
	if n := countWritten(t, back); n != 100 {
		t.Errorf("%d writes are there, want the 100 before the moment", n)
	}
	writeMany(t, back, 100, 120) // it is a server of its own now
	if n := countWritten(t, back); n != 120 {
		t.Errorf("%d writes are there, want 120", n)
	}
	if err := back.Check(t.Context(), func(f store.Finding) { t.Errorf("%+v", f) }); err != nil {
		t.Error(err)
	}
}

func openPostgres(t *testing.T, dsn string) store.Engine {
	t.Helper()
	e, err := postgres.Open(t.Context(), dsn, postgres.Options{Now: time.Now, Patience: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// writeMany writes a document each.
func writeMany(t *testing.T, e store.Engine, from, to int) {
	t.Helper()
	ctx := t.Context()
	for i := from; i < to; i++ {
		err := e.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Put(ctx, store.Put{Key: store.Key{PK: int64(i + 1), LID: store.MakeLID(1, 1)}, Org: "RQM", Feed: "f", Body: fmt.Append(nil, i)})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func countWritten(t *testing.T, e store.Engine) (n int) {
	t.Helper()
	err := e.View(t.Context(), func(r store.Reader) error {
		docs, err := r.Scan(t.Context(), 0, store.Key{}, 10_000)
		for i, d := range docs {
			if string(d.Body) != fmt.Sprint(i) {
				t.Errorf("document %d: %s", i, d.Body)
			}
		}
		n = len(docs)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

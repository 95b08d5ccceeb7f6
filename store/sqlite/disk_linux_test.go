package sqlite_test

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite"
)

// TestDiskRefuses has the kernel refuse writes beyond a file size, as a full
// disk does, in the middle of commits: the Updates are Busy, what was
// acknowledged stays, and writing goes on when there is room again. The limit
// is of the process, so the test runs in a child.
func TestDiskRefuses(t *testing.T) {
	const child = "SQLITE_DISK_CHILD"
	if dir := os.Getenv(child); dir != "" {
		writeUntilRefused(t, dir)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestDiskRefuses$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func writeUntilRefused(t *testing.T, dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	var room syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &room); err != nil {
		t.Fatal(err)
	}
	e := openDir(t, dir, sqlite.Options{CheckpointPages: 150})
	ctx := t.Context()
	kept, pk, body := map[int64]bool{}, int64(0), make([]byte, 3000)
	put := func() error {
		pk++
		err := e.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Put(ctx, store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, 1)}, Feed: "f", Body: body})
			return err
		})
		if err == nil {
			kept[pk] = true
		}
		return err
	}
	same := func() {
		docs := scanAll(t, e)
		for _, d := range docs {
			if !kept[d.PK] {
				t.Errorf("document %d was refused and is there", d.PK)
			}
		}
		if len(docs) != len(kept) {
			t.Fatalf("%d documents, %d were acknowledged", len(docs), len(kept))
		}
	}
	for _, limit := range []uint64{1 << 20, 2 << 20, 5 << 20} {
		small := room
		small.Cur = limit
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
			t.Fatal(err)
		}
		// One that is refused may be followed by one that is kept: the log may
		// have been folded back meanwhile.
		for refused, n := 0, 0; refused < 20; n++ {
			err := put()
			if f := fault.Of(err); f != nil {
				if refused++; f.Kind != fault.Busy || f.Code != "store.full" {
					t.Fatal(err)
				}
			}
			if n > 20_000 {
				t.Fatal("nothing was refused")
			}
		}
		same()
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &room); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if err := put(); err != nil {
				t.Fatal(err)
			}
		}
		same()
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openDir(t, dir, sqlite.Options{})
	same()
	if found := findings(t, e); len(found) > 0 {
		t.Fatal(found)
	}
}

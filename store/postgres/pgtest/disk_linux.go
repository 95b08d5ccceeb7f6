package pgtest

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// SmallDisk makes a directory of limited size that the server may write to, or
// skips the test where file systems cannot be made.
func SmallDisk(t testing.TB, s *Server, bytes int64) string {
	t.Helper()
	dir := filepath.Join(s.dir, "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.FormatInt(bytes, 10)); err != nil {
		t.Skipf("SKIP: a file system cannot be made here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	if s.as != nil {
		if err := os.Chown(dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// enough is the room that a server and its data may take in memory.
const enough = 2 << 30

// memory is a directory that lies in memory and has room for a server whose
// data nobody needs, "" when there is none.
func memory() string {
	const dir = "/dev/shm"
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil || s.Bavail*uint64(s.Bsize) < enough || syscall.Access(dir, 7) != nil {
		return ""
	}
	return dir
}

package sqlite

import (
	"os"
	"syscall"
)

// syncData makes what was written to a file durable, and of what the file system
// knows about it only what is needed to read it.
func syncData(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

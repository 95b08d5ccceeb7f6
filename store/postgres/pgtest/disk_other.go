//go:build unix && !linux

package pgtest

import "testing"

// SmallDisk skips the test: file systems of limited size are made on Linux only.
func SmallDisk(t testing.TB, _ *Server, _ int64) string {
	t.Helper()
	t.Skip("SKIP: a file system cannot be made here")
	return ""
}

func memory() string { return "" }

//go:build !linux

package onboard

// yieldThread does nothing where a thread has no priority of its own.
func yieldThread() {}

// Package journey owns the tests that go through the real binary: a server
// started as an operator would, killed as a power cut would, and looked at in
// a real browser.
package journey

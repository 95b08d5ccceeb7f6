// Package load owns the load tools of tests and benchmarks: senders that keep
// several connections busy and note what was acknowledged. They speak only
// public protocols, and only to servers that the caller started.
package load

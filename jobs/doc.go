// Package jobs runs work that waits: it leases a job, runs a step of it, and
// finishes it, puts it back or parks it.
//
// It never knows what a job means, and holds no business rule. A job is run by
// one process at a time: who does not come back within the lease has lost it.
//
// Invariants: a step that fails is tried again later, each time after a longer
// wait; after Attempts failures the job is parked with the reason, never lost.
//
// Design: docs/architecture/house.md.
package jobs

// Package feed owns the engine for living feeds that go out: it takes changes
// of the record, and messages that are passed on, through the channels of each
// organisation into a durable queue for each destination, and sends them.
//
// It never decides what may be seen (the Desk does, for the organisation of the
// channel), never holds a message back because another patient's is stuck, and
// keeps no patient data outside the journal.
//
// Invariants:
//   - Nothing is missed: the cursor of a channel moves in the transaction that
//     files its messages.
//   - At least once, under the same control id (MSH-10): a crash between a
//     destination's answer and our note of it sends that one message again, and
//     of each patient the last one only.
//   - In order for each patient at each destination. A message that is refused
//     is set aside with its reason and holds back that patient's later ones,
//     nobody else's, until a person decides (or goes on, where the destination
//     says "refused: pass").
//   - One destination that is dead, late or wrong costs the others nothing.
//   - One process works on a destination at a time, by a lease.
//
// How: docs/architecture/life-of-a-feed.md. Files: docs/operate/feeds.md.
package feed

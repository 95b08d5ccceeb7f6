// Package channel owns channels as files. Those that go out: what each takes, whom
// it passes over, what it makes of it, and where that goes; the destinations and
// the register of legacy systems beside them. Those for what comes in: which
// messages of a feed are passed over, and what of the others is put right before
// they are read. And golden messages that prove a channel before it runs.
//
// It is pure: a change of the record, or a message that came in, goes in, and
// messages come out, or the message as it is to be read. It never reads the store, opens a connection or looks at a
// clock (exchange/feed does).
//
// Invariants:
//   - A file with a problem is not taken; a problem names file, line, field and
//     rule.
//   - The same change makes the same bytes, so that a message may be made again.
//   - What a channel takes and cannot write is a message with a Problem, never
//     nothing.
//   - A message that is passed over has the name of the rule that did it.
//
// Layout: docs/operate/feeds.md. Messages: HL7 2.5.1 chapters 3, 7 and 9
// (https://www.hl7.eu/HL7v2x/v251/std251/ch03.html).
package channel

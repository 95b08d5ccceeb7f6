// Package kept owns how an organisation keeps a text of its own in the record: its org
// pack, its channels, the table that its codes are read by. Each kind of text is one
// Basic resource of the organisation, so that its versions, and who wrote them, are
// those of any resource.
//
// It knows nothing of what the texts say: who owns a kind reads and writes it.
//
// Invariants:
//   - An organisation has one text of a kind.
//   - What another organisation controls is nobody's text, whatever it says.
//   - A text is written on the condition that nobody has since it was read.
package kept

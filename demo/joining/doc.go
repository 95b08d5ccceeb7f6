// Package joining owns the story of the demonstration in which two trusts join the
// record that two others share already: the live trusts' people and the messages
// that go on about them, the joiners' messages while they are held, and extracts
// as they arrive, one bad and one mended.
//
// Everybody is of one made-up population (package linked), so that three in ten of
// a joiner's patients are known to the live trusts. It enters by the front door:
// HL7 v2 over MLLP, and extracts in the stage's inbox. It never holds a real
// person: see package demo.
package joining

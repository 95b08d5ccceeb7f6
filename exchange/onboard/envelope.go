package onboard

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"concord/fault"
)

// envelope follows the batches of a file of HL7 v2 messages (FHS, BHS, BTS, FTS). They are
// of no message, and say how many there are: by that a file that was cut is noticed.
//
// Source: HL7 v2.5.1, 2.10.3 (batch protocol), 2.15.2, 2.15.3, 2.15.6, 2.15.7.
type envelope struct {
	file     string
	inFile   bool // FHS was read, and no FTS
	inBatch  bool // BHS was read, and no BTS
	batches  int  // of the file
	messages int  // of the batch
}

// line gives what of a line belongs to a message, and whether it begins one. Bytes
// that frame messages on the wire (MLLP) are none of it. Error: Invalid "onboard.rows".
func (b *envelope) line(text []byte) (rest []byte, begins bool, err error) {
	rest = bytes.TrimLeft(text, "\x0b\x1c")
	if len(rest) < 3 {
		return rest, false, nil
	}
	switch string(rest[:3]) {
	case "MSH":
		b.messages++
		return rest, true, nil
	case "FHS":
		err = b.end()
		b.inFile, b.batches = true, 0
	case "BHS":
		err = b.endBatch()
		b.inBatch, b.messages = true, 0
		b.batches++
	case "BTS":
		err = b.holds(rest, b.inBatch, b.messages, "messages")
		b.inBatch, b.messages = false, 0
	case "FTS":
		err = errors.Join(b.endBatch(), b.holds(rest, b.inFile, b.batches, "batches"))
		b.inFile = false
	default:
		return rest, false, nil
	}
	return nil, false, err
}

// holds holds what was read against the number of a trailer, if it says one.
func (b *envelope) holds(trailer []byte, open bool, read int, of string) error {
	if !open {
		return b.wrong("the end of a batch stands where none has begun")
	}
	if len(trailer) < 4 {
		return nil
	}
	said, _, _ := strings.Cut(strings.TrimSpace(string(trailer[4:])), string(trailer[3:4]))
	if n, err := strconv.Atoi(strings.TrimSpace(said)); err == nil && n != read {
		return b.wrong("an end says " + strconv.Itoa(n) + " " + of + ", and there are " + strconv.Itoa(read))
	}
	return nil
}

func (b *envelope) endBatch() error {
	if b.inBatch {
		return b.wrong("a batch has no end (BTS)")
	}
	return nil
}

// end is the end of the file: no batch may be open.
func (b *envelope) end() error {
	if err := b.endBatch(); err != nil {
		return err
	}
	if b.inFile {
		return b.wrong("it has a head (FHS) and no end (FTS)")
	}
	return nil
}

func (b *envelope) wrong(why string) error {
	return fault.New(fault.Invalid, "onboard.rows", "%s: %s: the file was cut, or put together wrongly", b.file, why)
}

package onboard

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"concord/fault"
)

// Resources and messages that cannot be read are of no class: they lie in a file of
// their own, as they came, each with its reason. Mended there and staged again they are
// read as what they are. By the file and line of the source it is known which of them
// are still to be mended.

// unreadName begins the names of these files.
const unreadName = "unreadable-"

// most lines of a record in these files: a message has a line for each segment.
const maxUnitLines = 100_000

func unreadColumns() []string { return append(refusedColumns(), "content") }

// unreadable refuses a unit that is no resource or message, by where it stands in the
// source.
func (j *job) unreadable(file string, line int, unit []byte) error {
	if j.unread == nil {
		name := unreadName + strings.TrimPrefix(j.base(), unreadName) + ".csv"
		j.unread = &refusals{path: j.extract.path("refused", partName(j.part), name), header: [][]byte{[]byte("content")}}
	}
	j.read++
	j.refused++
	j.tally.add("", file, wrongResource, true)
	j.open = append(j.open, unitKey(file, line)...)
	j.unread.source = file
	return j.unread.add(wrongResource, line, [][]byte{bytes.TrimSpace(unit)})
}

// mendedUnits stages units that could not be read and were mended.
func (j *job) mendedUnits(ctx context.Context, in io.Reader) error {
	t := newTable(in, ',')
	t.mostLines = maxUnitLines
	names, wrong, err := t.read()
	if errors.Is(err, io.EOF) || err == nil && (wrong != "" || !isUnreadHeader(names)) {
		return fault.New(fault.Invalid, "onboard.header", "%s: the columns of such a file are %s", j.file.name, strings.Join(unreadColumns(), ", "))
	}
	for err == nil {
		var got [][]byte
		if got, wrong, err = t.read(); err != nil {
			break
		}
		if wrong != "" || len(got) != len(unreadColumns()) {
			return fault.New(fault.Invalid, "onboard.file", "%s: the record in line %d cannot be read: a quotation mark within a field is written twice", j.file.name, t.line)
		}
		if err = errors.Join(j.mendedUnit(t.line, got), ctx.Err()); err != nil {
			return err
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return cannotRead(err, j.file.name)
}

func isUnreadHeader(names [][]byte) bool {
	for i, want := range unreadColumns() {
		if i >= len(names) || !strings.EqualFold(string(names[i]), want) {
			return false
		}
	}
	return len(names) == len(unreadColumns())
}

func (j *job) mendedUnit(at int, fields [][]byte) error {
	file, unit := string(fields[1]), unguarded(fields[3])
	line, err := strconv.Atoi(string(fields[2]))
	if err != nil {
		line = at
	}
	j.closed = append(j.closed, unitKey(file, line)...)
	read := j.readResource
	if bytes.HasPrefix(unit, []byte("MSH")) {
		if read = j.readMessage; j.read2 == nil {
			return fault.New(fault.Unsupported, "onboard.messages", "%s: HL7 v2 is not read here", j.file.name)
		}
	}
	list, err := read(unit)
	if err != nil || len(unit) == 0 {
		return j.unreadable(file, line, unit)
	}
	for _, x := range list {
		if err := j.resource(x, at); err != nil {
			return err
		}
	}
	return nil
}

// unitKey names a unit by where it stood.
func unitKey(file string, line int) []byte {
	k := keyOf([]byte(file + "\x00" + strconv.Itoa(line)))
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, k[0]), k[1])
}

// The files of a part that hold the keys of units that could not be read, and of those
// that were mended.
const (
	openUnits   = ".open"
	closedUnits = ".closed"
)

// keepUnits makes durable which units a file left unread, and which it mends.
func (j *job) keepUnits() error {
	var errs []error
	for end, keys := range map[string][]byte{openUnits: j.open, closedUnits: j.closed} {
		if len(keys) > 0 {
			errs = append(errs, writeWhole(j.extract.path(partName(j.part), strconv.Itoa(j.number)+end), keys))
		}
	}
	return errors.Join(errs...)
}

// units counts the units of all parts that could not be read, and those of them that
// are still to be mended.
func (x *Extract) units() (rows, open int64, err error) {
	left := map[[16]byte]int64{}
	for n := range x.Parts {
		for _, end := range []string{closedUnits, openUnits} { // one that was mended may be unread again
			keys, err := x.unitKeys(n+1, end)
			if err != nil {
				return 0, 0, err
			}
			for _, k := range keys {
				switch {
				case end == openUnits:
					left[k]++
					rows++
				case left[k] > 0:
					left[k]--
				}
			}
		}
	}
	for _, n := range left {
		open += n
	}
	return rows, open, nil
}

func (x *Extract) unitKeys(part int, end string) (out [][16]byte, err error) {
	names, err := filepath.Glob(x.path(partName(part), "*"+end))
	if err != nil {
		return nil, unstaged(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, unstaged(err)
		}
		for ; len(b) >= 16; b = b[16:] {
			out = append(out, [16]byte(b))
		}
	}
	return out, nil
}

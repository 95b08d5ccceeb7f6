package onboard

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"concord/standard/fhir"
)

// resources stages FHIR R4 resources, one a line.
func (j *job) resources(ctx context.Context, in io.Reader) error {
	return j.units(ctx, in, func(line []byte) ([]byte, bool, error) { return line, true, nil }, j.readResource)
}

// messages stages HL7 v2 messages: each begins with a line that begins MSH. They may
// lie in batches, which are held against the numbers that these say.
func (j *job) messages(ctx context.Context, in io.Reader) error {
	b := &envelope{file: j.file.name}
	if err := j.units(ctx, in, b.line, j.readMessage); err != nil {
		return err
	}
	return b.end()
}

func (j *job) readResource(text []byte) ([]Resource, error) {
	v, err := fhir.ParseObject(bytes.Clone(text))
	return []Resource{{Value: v}}, err
}

func (j *job) readMessage(text []byte) ([]Resource, error) {
	return j.read2(j.extract.Trust, bytes.Clone(text))
}

// units cuts a file into units, reads each, and stages the rows that come of it. A
// unit that cannot be read is refused. part gives what of a line belongs to a unit, and
// whether it begins one.
func (j *job) units(ctx context.Context, in io.Reader, part func(line []byte) (text []byte, begins bool, err error), read func([]byte) ([]Resource, error)) error {
	r := bufio.NewReaderSize(in, 1<<18)
	if b, _ := r.Peek(3); string(b) == byteOrder {
		r.Discard(3)
	}
	var unit []byte
	line, start := 0, 1
	done := func() error {
		err := errors.Join(j.unit(start, unit, read), ctx.Err())
		unit, start = unit[:0], line
		return err
	}
	for {
		text, end := readLine(r)
		if end != nil && !errors.Is(end, io.EOF) {
			return cannotRead(end, j.file.name)
		}
		line++
		text, begins, err := part(text)
		if err != nil {
			return err
		}
		if begins && len(text) > 0 {
			if err := done(); err != nil {
				return err
			}
		}
		if len(unit) <= maxRecord {
			unit = append(unit, text...)
		}
		if end != nil {
			return done()
		}
	}
}

// unit reads one unit and stages its rows.
func (j *job) unit(line int, unit []byte, read func([]byte) ([]Resource, error)) error {
	if len(bytes.TrimSpace(unit)) == 0 {
		return nil
	}
	list, err := read(unit)
	if err != nil || len(unit) > maxRecord {
		return j.unreadable(j.file.name, line, unit)
	}
	for _, x := range list {
		if err := j.resource(x, line); err != nil {
			return err
		}
	}
	return nil
}

// readLine gives a line with its end; what is beyond maxRecord is not kept. A
// carriage return alone ends a line too, as it does in messages.
func readLine(r *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			return out, err
		}
		if len(out) <= maxRecord {
			out = append(out, b)
		}
		if b == '\n' {
			return out, nil
		}
		if b == '\r' {
			if next, err := r.Peek(1); err != nil || next[0] != '\n' {
				return out, nil
			}
		}
	}
}

// resource stages the row of one resource.
func (j *job) resource(x Resource, line int) error {
	name, fields := rowOf(x, j.extract.Trust, j.zone)
	class, ok := classAt(name)
	if !ok {
		if text := j.file.name + ": " + printable(x.Value.Type()); !slices.Contains(j.unknown, text) {
			j.unknown = append(j.unknown, text)
		}
		return nil
	}
	s, err := j.sink(class, nil)
	if err != nil {
		return err
	}
	row := make([][]byte, len(class.Columns))
	for i, c := range class.Columns {
		row[i] = []byte(fields[c.Name])
	}
	if at := class.column("file"); at >= 0 {
		kept, whole, err := j.inline(x.Value)
		switch {
		case err != nil:
			return err
		case !whole:
			j.read++
			j.refused++
			j.tally.add(class.Name, "file", wrongNoFile, true)
			return s.refused.add("file: "+wrongNoFile, line, row)
		case kept != "":
			row[at] = []byte(kept)
		}
	}
	return j.take(s, origin{line: line, later: j.file.form == formMessages, weak: x.Weak}, row, row)
}

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
	return j.units(ctx, in, func([]byte) bool { return true }, func(text []byte) ([]Resource, error) {
		v, err := fhir.ParseObject(bytes.Clone(text))
		return []Resource{{Value: v}}, err
	})
}

// messages stages HL7 v2 messages: each begins with a line that begins MSH.
func (j *job) messages(ctx context.Context, in io.Reader) error {
	return j.units(ctx, in, func(line []byte) bool { return bytes.HasPrefix(line, []byte("MSH")) }, func(text []byte) ([]Resource, error) {
		return j.read2(j.extract.Trust, bytes.Clone(text))
	})
}

// units cuts a file into units that begin with a line of a kind, reads each,
// and stages the rows that come of it. A unit that cannot be read is refused.
func (j *job) units(ctx context.Context, in io.Reader, begins func(line []byte) bool, read func([]byte) ([]Resource, error)) error {
	r := bufio.NewReaderSize(in, 1<<18)
	var unit []byte
	line, start := 0, 1
	done := func() error {
		if len(bytes.TrimSpace(unit)) == 0 {
			return nil
		}
		list, err := read(unit)
		if err != nil || len(unit) > maxRecord {
			return j.unreadable(start, unit)
		}
		for _, x := range list {
			if err := j.resource(x, start); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		text, err := readLine(r)
		if err != nil && !errors.Is(err, io.EOF) {
			return cannotRead(err, j.file.name)
		}
		line++
		if begins(text) || errors.Is(err, io.EOF) && len(text) == 0 {
			if err := errors.Join(done(), ctx.Err()); err != nil {
				return err
			}
			unit, start = unit[:0], line
		}
		if len(unit) <= maxRecord {
			unit = append(unit, text...)
		}
		if errors.Is(err, io.EOF) {
			if len(text) > 0 {
				return done()
			}
			return nil
		}
	}
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

// unreadable refuses a unit that is no resource or message. It goes to a file of
// its own, as it came: it is of no class.
func (j *job) unreadable(line int, unit []byte) error {
	if j.unread == nil {
		j.unread = &refusals{path: j.extract.path("refused", partName(j.part), "unreadable-"+j.base()+".csv"), source: j.file.name, header: [][]byte{[]byte("content")}}
	}
	j.read++
	j.refused++
	j.tally.add("", j.file.name, wrongResource, true)
	return j.unread.add(wrongResource, line, [][]byte{bytes.TrimSpace(unit)})
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

package postgres

import (
	"encoding/binary"
	"io"
	"math"
	"sync"

	"concord/fault"
	"concord/store"
)

// copying reads rows of one table in the binary form of COPY, until one of
// another table comes.
//
// https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
type copying struct {
	table *store.Table
	types map[string]uint32
	next  func() (store.Row, error, bool)

	// Whoever sends the rows may still read when the copy has failed.
	mu    sync.Mutex
	row   store.Row
	more  bool
	err   error
	begun bool
	ended bool
	buf   []byte
	rest  []byte // of buf, not yet read
}

const copyRoom = 64 << 10

// Read gives the next bytes.
func (c *copying) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.rest) == 0 {
		if c.ended {
			return 0, io.EOF
		}
		if c.fill(); c.err != nil {
			return 0, c.err
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *copying) fill() {
	b := c.buf[:0]
	if !c.begun {
		c.begun = true
		b = append(b, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	}
	for len(b) < copyRoom && !c.ended {
		if b, c.err = c.encode(b); c.err != nil {
			c.ended = true
			return
		}
		c.row, c.err, c.more = c.next()
		if c.err != nil {
			c.ended = true
			return
		}
		if !c.more || c.row.Table.Name != c.table.Name {
			c.ended = true
			b = append(b, 0xff, 0xff)
		}
	}
	c.buf, c.rest = b, b
}

// end stops the reading and gives the row behind the last.
func (c *copying) end() (store.Row, error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended && c.err == nil {
		c.ended, c.rest = true, nil
		c.err = fault.New(fault.Internal, "store.postgres", "the database takes no more rows")
	}
	return c.row, c.err, c.more
}

// encode appends one row.
func (c *copying) encode(b []byte) ([]byte, error) {
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.row.Cells)))
	for i, cell := range c.row.Cells {
		col := c.table.Columns[i]
		var err error
		switch col.Kind {
		case store.Text, store.Blob:
			if c.table.Name == "queue" && col.Kind == store.Text && len(cell.Bytes) == 0 {
				b = append(b, 0xff, 0xff, 0xff, 0xff)
				continue
			}
			b = binary.BigEndian.AppendUint32(b, uint32(len(cell.Bytes)))
			b = append(b, cell.Bytes...)
		case store.Real:
			v := float32(0)
			if !cell.Null {
				v = float32(cell.Real)
			}
			b = append(b, 0, 0, 0, 4)
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(v))
		case store.Some:
			if cell.Null {
				b = append(b, 0xff, 0xff, 0xff, 0xff)
				continue
			}
			b, err = encodeInt(b, c.types[col.Name], cell.Int)
		default:
			var v int64
			if v, err = c.packed(i, cell, col.Kind); err == nil {
				b, err = encodeInt(b, c.types[col.Name], v)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// packed is a number as the table has it.
func (c *copying) packed(i int, cell store.Cell, k store.Kind) (int64, error) {
	switch k {
	case store.Place:
		at, err := placeOf(store.Key{PK: c.row.Cells[i-1].Int, LID: cell.Int})
		return int64(at.lid), err
	case store.Date:
		return int64(packDate(cell.Int)), nil
	case store.Hash:
		if !cell.Null && cell.Int == 0 {
			return 1, nil
		}
	}
	if cell.Null {
		return 0, nil
	}
	return cell.Int, nil
}

// encodeInt appends a number with its length, in the width of its column.
func encodeInt(b []byte, oid uint32, v int64) ([]byte, error) {
	switch oid {
	case oidInt8:
		b = append(b, 0, 0, 0, 8)
		return binary.BigEndian.AppendUint64(b, uint64(v)), nil
	case oidInt4:
		if v != int64(int32(v)) {
			return nil, rangeFault()
		}
		b = append(b, 0, 0, 0, 4)
		return binary.BigEndian.AppendUint32(b, uint32(v)), nil
	case oidInt2:
		if v != int64(int16(v)) {
			return nil, rangeFault()
		}
		return append(b, 0, 0, 0, 2, byte(v>>8), byte(v)), nil
	case oidBool:
		return append(b, 0, 0, 0, 1, bit(v != 0)), nil
	}
	return nil, fault.New(fault.Internal, "store.postgres", "a column is of a type that is not known")
}

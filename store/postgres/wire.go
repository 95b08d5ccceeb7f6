package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Types of parameters, by number. https://www.postgresql.org/docs/15/catalog-pg-type.html
const (
	oidBool    = 16
	oidBytes   = 17
	oidInt8    = 20
	oidInt2    = 21
	oidInt4    = 23
	oidText    = 25
	oidReal    = 700
	oidBools   = 1000
	oidBytesA  = 1001
	oidInt2s   = 1005
	oidInt4s   = 1007
	oidInt8s   = 1016
	oidReals   = 1021
	arrayStart = 20
)

// typeOf is the number of the type that an argument is sent as. A statement is
// always given arguments of the same types.
func typeOf(arg any) uint32 {
	switch arg.(type) {
	case bool:
		return oidBool
	case []byte:
		return oidBytes
	case int64:
		return oidInt8
	case int16:
		return oidInt2
	case int32:
		return oidInt4
	case string:
		return oidText
	case float32:
		return oidReal
	case []bool:
		return oidBools
	case [][]byte:
		return oidBytesA
	case []int16:
		return oidInt2s
	case []int32:
		return oidInt4s
	case []int64:
		return oidInt8s
	case []float32:
		return oidReals
	}
	panic(fmt.Sprintf("postgres: cannot send a %T", arg))
}

// encode appends an argument in binary form; a nil slice of bytes is empty,
// not NULL. Inside an array of byte strings nil is NULL when nulls is asked
// for by sending a none instead.
func encode(b []byte, arg any) []byte {
	switch v := arg.(type) {
	case bool:
		return append(b, bit(v))
	case []byte:
		return append(b, v...)
	case string:
		return append(b, v...)
	case int64:
		return binary.BigEndian.AppendUint64(b, uint64(v))
	case int16:
		return binary.BigEndian.AppendUint16(b, uint16(v))
	case int32:
		return binary.BigEndian.AppendUint32(b, uint32(v))
	case float32:
		return binary.BigEndian.AppendUint32(b, math.Float32bits(v))
	}
	return encodeArray(b, arg)
}

func encodeArray(b []byte, arg any) []byte {
	switch v := arg.(type) {
	case []bool:
		b = arrayHead(b, oidBool, len(v))
		for _, x := range v {
			b = append(b, 0, 0, 0, 1, bit(x))
		}
	case [][]byte:
		b = arrayHead(b, oidBytes, len(v))
		for _, x := range v {
			b = binary.BigEndian.AppendUint32(b, uint32(len(x)))
			b = append(b, x...)
		}
	case []int16:
		b = arrayHead(b, oidInt2, len(v))
		for _, x := range v {
			b = append(b, 0, 0, 0, 2, byte(x>>8), byte(x))
		}
	case []int32:
		b = arrayHead(b, oidInt4, len(v))
		for _, x := range v {
			b = append(b, 0, 0, 0, 4)
			b = binary.BigEndian.AppendUint32(b, uint32(x))
		}
	case []int64:
		b = arrayHead(b, oidInt8, len(v))
		for _, x := range v {
			b = append(b, 0, 0, 0, 8)
			b = binary.BigEndian.AppendUint64(b, uint64(x))
		}
	case []float32:
		b = arrayHead(b, oidReal, len(v))
		for _, x := range v {
			b = append(b, 0, 0, 0, 4)
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	return b
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// arrayHead begins an array of one dimension, numbered from 1, without NULLs.
func arrayHead(b []byte, oid uint32, n int) []byte {
	if n == 0 {
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
		return binary.BigEndian.AppendUint32(b, oid)
	}
	b = append(b, 0, 0, 0, 1, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, oid)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	return binary.BigEndian.AppendUint32(b, 1)
}

// row is one row of an answer, in binary form. It is valid until the next.
type row [][]byte

func (r row) null(col int) bool { return r[col] == nil }

// int reads an integer of any width, 0 for NULL.
func (r row) int(col int) int64 {
	switch v := r[col]; len(v) {
	case 8:
		return int64(binary.BigEndian.Uint64(v))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v)))
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v)))
	}
	return 0
}

func (r row) bool(col int) bool { return len(r[col]) == 1 && r[col][0] != 0 }

// text reads words, "" for NULL.
func (r row) text(col int) string { return string(r[col]) }

// blob copies bytes, nil when there are none.
func (r row) blob(col int) []byte {
	if len(r[col]) == 0 {
		return nil
	}
	return append([]byte(nil), r[col]...)
}

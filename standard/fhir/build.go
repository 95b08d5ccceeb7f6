package fhir

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

func itoa(i int) string { return strconv.Itoa(i) }

// Obj builds an object from name, value, name, value… Values may be *Value,
// string, bool, int, []*Value, []string, or a json number as Decimal. A nil
// *Value, an empty string and an empty slice leave the member out, so that
// mapping code needs no checks. A wrong argument is a programmer's mistake and
// panics.
func Obj(pairs ...any) *Value {
	if len(pairs)%2 != 0 {
		panic("fhir.Obj: odd number of arguments")
	}
	members := make([]Member, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		if m, ok := of(pairs[i+1]); ok {
			members = append(members, Member{pairs[i].(string), m})
		}
	}
	v := holder(Object, members)
	return &v
}

// Arr builds an array, leaving out what is absent. It is nil when nothing is
// left, since FHIR forbids empty arrays.
func Arr(items ...any) *Value {
	return arrayOf(items)
}

// Decimal is a number kept as written, such as "100.10".
type Decimal string

// Of makes a Value of a Go value; see Obj for what is taken. Absent is nil.
func Of(x any) *Value {
	if v, ok := x.(*Value); ok {
		if v == nil || v.kind == Object && v.n == 0 {
			return nil
		}
		return v
	}
	v, ok := of(x)
	if !ok {
		return nil
	}
	return &v
}

// of is Of by value; ok is false for what is absent.
func of(x any) (v Value, ok bool) {
	switch x := x.(type) {
	case nil:
		return v, false
	case *Value:
		if x == nil || x.kind == Object && x.n == 0 {
			return v, false
		}
		return *x, true
	case string:
		return scalar(String, quote(x)), x != ""
	case Decimal:
		return scalar(Number, string(x)), x != ""
	case bool:
		return scalar(Bool, strconv.FormatBool(x)), true
	case int:
		return scalar(Number, itoa(x)), true
	case int64:
		return scalar(Number, strconv.FormatInt(x, 10)), true
	case []*Value:
		return present(arrayOf(x))
	case []string:
		return present(arrayOf(x))
	}
	panic(fmt.Sprintf("fhir.Of: %T is not a JSON value", x))
}

func present(v *Value) (Value, bool) {
	if v == nil {
		return Value{}, false
	}
	return *v, true
}

func arrayOf[T any](xs []T) *Value {
	members := make([]Member, 0, len(xs))
	for _, x := range xs {
		if m, ok := of(x); ok {
			members = append(members, Member{"", m})
		}
	}
	if len(members) == 0 {
		return nil
	}
	v := holder(Array, members)
	return &v
}

// With returns a copy of the object in which the member has the given value:
// replaced in its place, or added at the end. An absent value removes it.
func (v *Value) With(name string, x any) *Value {
	val, ok := of(x)
	members := make([]Member, 0, v.Len()+1)
	found := false
	if v != nil {
		for _, m := range v.list() {
			if m.Name != name {
				members = append(members, m)
				continue
			}
			found = true
			if ok {
				members = append(members, Member{name, val})
			}
		}
	}
	if !found && ok {
		members = append(members, Member{name, val})
	}
	out := holder(Object, members)
	return &out
}

// Without returns a copy of the object without the named members.
func (v *Value) Without(names ...string) *Value {
	if len(names) == 0 {
		return v
	}
	members := make([]Member, 0, v.Len())
	if v != nil {
		for _, m := range v.list() {
			if !slices.Contains(names, m.Name) {
				members = append(members, m)
			}
		}
	}
	out := holder(Object, members)
	return &out
}

// Append writes the value as compact JSON: no white space, members in order,
// scalars as they were written.
func (v *Value) Append(dst []byte) []byte {
	if v == nil {
		return append(dst, "null"...)
	}
	switch v.kind {
	case Array:
		dst = append(dst, '[')
		list := v.list()
		for i := range list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = list[i].Value.Append(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		list := v.list()
		for i := range list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, list[i].Name)
			dst = append(dst, ':')
			dst = list[i].Value.Append(dst)
		}
		return append(dst, '}')
	}
	if v.n == 0 {
		return append(dst, "null"...)
	}
	return append(dst, v.raw()...)
}

// JSON is the compact text of the value.
func (v *Value) JSON() []byte { return v.Append(make([]byte, 0, 512)) }

// MarshalJSON lets a Value stand inside other JSON that encoding/json writes.
func (v *Value) MarshalJSON() ([]byte, error) { return v.JSON(), nil }

// Equal compares two values: kinds, order of array elements, decoded strings
// and the exact text of numbers; the order of object members does not count.
func Equal(a, b *Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case Null:
		return true
	case String:
		return a.Str() == b.Str()
	case Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.list() {
			if !Equal(a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	case Object:
		if a.Len() != b.Len() {
			return false
		}
		list := a.list()
		for i := range list {
			other := b.Get(list[i].Name)
			if other == nil || !Equal(&list[i].Value, other) {
				return false
			}
		}
		return true
	}
	return a.raw() == b.raw()
}

func quote(s string) string { return string(appendQuoted(make([]byte, 0, len(s)+2), s)) }

const hexDigits = "0123456789abcdef"

// appendQuoted writes s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD: callers decode charsets before they come here.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			dst = appendASCII(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return append(dst, '"')
}

func appendASCII(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	case c < 0x20:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, c)
}

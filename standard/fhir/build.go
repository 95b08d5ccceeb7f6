package fhir

import (
	"fmt"
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
	v := &Value{kind: Object, members: make([]Member, 0, len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		if m := Of(pairs[i+1]); m != nil {
			v.members = append(v.members, Member{pairs[i].(string), *m})
		}
	}
	return v
}

// Arr builds an array, leaving out what is absent. It is nil when nothing is
// left, since FHIR forbids empty arrays.
func Arr(items ...any) *Value {
	v := &Value{kind: Array}
	for _, it := range items {
		if m := Of(it); m != nil {
			v.members = append(v.members, Member{"", *m})
		}
	}
	if len(v.members) == 0 {
		return nil
	}
	return v
}

// Decimal is a number kept as written, such as "100.10".
type Decimal string

// Of makes a Value of a Go value; see Obj for what is taken. Absent is nil.
func Of(x any) *Value {
	switch x := x.(type) {
	case nil:
		return nil
	case *Value:
		if x == nil || x.kind == Object && len(x.members) == 0 {
			return nil
		}
		return x
	case string:
		if x == "" {
			return nil
		}
		return &Value{kind: String, raw: quote(x)}
	case Decimal:
		if x == "" {
			return nil
		}
		return &Value{kind: Number, raw: string(x)}
	case bool:
		return &Value{kind: Bool, raw: strconv.FormatBool(x)}
	case int:
		return &Value{kind: Number, raw: itoa(x)}
	case int64:
		return &Value{kind: Number, raw: strconv.FormatInt(x, 10)}
	case []*Value:
		return arrayOf(x)
	case []string:
		return arrayOf(x)
	}
	panic(fmt.Sprintf("fhir.Of: %T is not a JSON value", x))
}

func arrayOf[T any](xs []T) *Value {
	items := make([]any, len(xs))
	for i, x := range xs {
		items[i] = x
	}
	return Arr(items...)
}

// With returns a copy of the object in which the member has the given value:
// replaced in its place, or added at the end. An absent value removes it.
func (v *Value) With(name string, x any) *Value {
	val := Of(x)
	out := &Value{kind: Object, members: make([]Member, 0, v.Len()+1)}
	found := false
	if v != nil {
		for i := range v.members {
			if v.members[i].Name != name {
				out.members = append(out.members, v.members[i])
				continue
			}
			found = true
			if val != nil {
				out.members = append(out.members, Member{name, *val})
			}
		}
	}
	if !found && val != nil {
		out.members = append(out.members, Member{name, *val})
	}
	return out
}

// Without returns a copy of the object without the named members.
func (v *Value) Without(names ...string) *Value {
	for _, n := range names {
		v = v.With(n, nil)
	}
	return v
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
		for i := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = v.members[i].Value.Append(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, v.members[i].Name)
			dst = append(dst, ':')
			dst = v.members[i].Value.Append(dst)
		}
		return append(dst, '}')
	}
	if v.raw == "" {
		return append(dst, "null"...)
	}
	return append(dst, v.raw...)
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
		for i := range a.members {
			if !Equal(a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	case Object:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.members {
			other := b.Get(a.members[i].Name)
			if other == nil || !Equal(&a.members[i].Value, other) {
				return false
			}
		}
		return true
	}
	return a.raw == b.raw
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

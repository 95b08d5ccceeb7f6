package fhir

import (
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Kind is the JSON kind of a Value.
type Kind uint8

// The kinds of JSON value.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// Value is one JSON value: a scalar keeps its text as written, an array or
// object keeps its members in order. A nil *Value behaves as an absent value in
// every method, so that paths need no checks.
//
// What it holds is one place and one length, so that a parsed resource takes
// half of what a string and a slice beside each other would.
type Value struct {
	p    unsafe.Pointer // scalars: the first byte of raw; arrays and objects: the first of list
	n    uint32
	kind Kind
}

// scalar makes a value of JSON text, quotes included.
func scalar(k Kind, raw string) Value {
	return Value{unsafe.Pointer(unsafe.StringData(raw)), uint32(len(raw)), k}
}

// holder makes an array or object, which keeps the members.
func holder(k Kind, members []Member) Value {
	return Value{unsafe.Pointer(unsafe.SliceData(members)), uint32(len(members)), k}
}

// raw is the JSON text of a scalar, "" of what is none.
func (v *Value) raw() string {
	if v.kind >= Array {
		return ""
	}
	return unsafe.String((*byte)(v.p), v.n)
}

// list are the members of an array or object, none of what is neither.
func (v *Value) list() []Member {
	if v.kind < Array {
		return nil
	}
	return unsafe.Slice((*Member)(v.p), v.n)
}

// Member is one element of an array (Name empty) or one member of an object.
type Member struct {
	Name string
	Value
}

// Kind tells the JSON kind; an absent value is Null.
func (v *Value) Kind() Kind {
	if v == nil {
		return Null
	}
	return v.kind
}

// Raw is the JSON text of a scalar as it was written, or "".
func (v *Value) Raw() string {
	if v == nil {
		return ""
	}
	return v.raw()
}

// Len is the number of members of an array or object.
func (v *Value) Len() int {
	if v == nil || v.kind < Array {
		return 0
	}
	return int(v.n)
}

// Get returns the member of an object by name, or nil.
func (v *Value) Get(name string) *Value {
	if v == nil || v.kind != Object {
		return nil
	}
	list := v.list()
	for i := range list {
		if list[i].Name == name {
			return &list[i].Value
		}
	}
	return nil
}

// At returns the i-th element of an array, or nil.
func (v *Value) At(i int) *Value {
	if v == nil || v.kind != Array || i < 0 || i >= int(v.n) {
		return nil
	}
	return &v.list()[i].Value
}

// Member returns the i-th member of an object or element of an array, with its
// name; for walks too frequent for Members. i must be below Len.
func (v *Value) Member(i int) *Member { return &v.list()[i] }

// Path walks member names separated by dots. A number selects an array
// element; a name applied to an array looks into its first element, so that
// "code.coding.code" finds the first coding.
func (v *Value) Path(path string) *Value {
	for path != "" && v != nil {
		var step string
		step, path, _ = strings.Cut(path, ".")
		if v.kind == Array {
			if i, err := strconv.Atoi(step); err == nil {
				v = v.At(i)
				continue
			}
			v = v.At(0)
		}
		v = v.Get(step)
	}
	return v
}

// Each iterates over the elements of an array; a single value that is no array
// is its own only element, an absent one has none.
func (v *Value) Each() iter.Seq[*Value] {
	return func(yield func(*Value) bool) {
		if v == nil || v.kind == Null {
			return
		}
		if v.kind != Array {
			yield(v)
			return
		}
		list := v.list()
		for i := range list {
			if !yield(&list[i].Value) {
				return
			}
		}
	}
}

// All collects every value that the path reaches, going into every element of
// the arrays on the way.
func (v *Value) All(path string) []*Value {
	return v.collect(nil, path)
}

func (v *Value) collect(out []*Value, path string) []*Value {
	if v == nil || v.kind == Null {
		return out
	}
	if v.kind == Array {
		list := v.list()
		for i := range list {
			out = list[i].Value.collect(out, path)
		}
		return out
	}
	if path == "" {
		return append(out, v)
	}
	step, rest, _ := strings.Cut(path, ".")
	return v.Get(step).collect(out, rest)
}

// Members iterates over the members of an object in order.
func (v *Value) Members() iter.Seq2[string, *Value] {
	return func(yield func(string, *Value) bool) {
		if v == nil || v.kind != Object {
			return
		}
		list := v.list()
		for i := range list {
			if !yield(list[i].Name, &list[i].Value) {
				return
			}
		}
	}
}

// Str is the decoded text of a string, or "" for anything else.
func (v *Value) Str() string {
	if v == nil || v.kind != String {
		return ""
	}
	return unquote(v.raw())
}

// Text is the decoded text of a string, or the raw text of a number or boolean.
func (v *Value) Text() string {
	if v == nil || v.kind == Null {
		return ""
	}
	if v.kind == String {
		return unquote(v.raw())
	}
	return v.raw()
}

// Bool is true for the JSON value true only.
func (v *Value) Bool() bool { return v != nil && v.kind == Bool && v.raw() == "true" }

// StrAt is Path(path).Str().
func (v *Value) StrAt(path string) string { return v.Path(path).Str() }

// Type is the resourceType member.
func (v *Value) Type() string { return v.Get("resourceType").Str() }

// ID is the id member.
func (v *Value) ID() string { return v.Get("id").Str() }

func unquote(raw string) string {
	if len(raw) < 2 {
		return ""
	}
	body := raw[1 : len(raw)-1]
	if strings.IndexByte(body, '\\') < 0 {
		return body
	}
	var b strings.Builder
	b.Grow(len(body))
	for i := 0; i < len(body); {
		if body[i] != '\\' {
			b.WriteByte(body[i])
			i++
			continue
		}
		i++
		switch c := body[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, n := unescapeRune(body[i-1:])
			b.WriteRune(r)
			i += n - 2
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String()
}

// unescapeRune reads \uXXXX, or a surrogate pair of them, and says how many
// bytes it took. A lone surrogate becomes U+FFFD, as in encoding/json.
func unescapeRune(s string) (rune, int) {
	hi, err := strconv.ParseUint(s[2:6], 16, 32)
	if err != nil {
		return utf8.RuneError, 6
	}
	r := rune(hi)
	if r < 0xD800 || r > 0xDFFF {
		return r, 6
	}
	if r < 0xDC00 && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if lo, err := strconv.ParseUint(s[8:12], 16, 32); err == nil && lo >= 0xDC00 && lo <= 0xDFFF {
			return 0x10000 + (r-0xD800)<<10 + (rune(lo) - 0xDC00), 12
		}
	}
	return utf8.RuneError, 6
}

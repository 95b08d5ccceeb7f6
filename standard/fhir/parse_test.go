package fhir_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"concord/fault"
	"concord/standard/fhir"
)

func TestParseAccepts(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{` { "b" : 1 , "a" : [ ] } `, `{"b":1,"a":[]}`},
		{"\uFEFF{}", `{}`},
		{`[1.0,1.00,-0,0e0,1E+400,0.1e-9]`, `[1.0,1.00,-0,0e0,1E+400,0.1e-9]`},
		{`["\u00e9\/é\ud83d\ude00"]`, `["\u00e9\/é\ud83d\ude00"]`},
		{`null`, `null`},
		{`{"":{"":""}}`, `{"":{"":""}}`},
		{"\t\r\n true", `true`},
	} {
		v, err := fhir.Parse([]byte(c.text))
		if err != nil || string(v.JSON()) != c.want {
			t.Errorf("%s: %s, %v", c.text, v.JSON(), err)
		}
	}
}

func manyMembers(n int, last string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":{"a":1},`, i)
	}
	return "{" + b.String() + `"` + last + `":1}`
}

func TestParseRefuses(t *testing.T) {
	for code, texts := range map[string][]string{
		"json.syntax": {``, ` `, `{`, `}`, `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{'a':1}`,
			`{"a":1 "b":2}`, `1 2`, `01`, `+1`, `-`, `.5`, `1.`, `1e`, `1e+`, `0x1`, `NaN`, `tru`, `nul`, `True`, `"`, `"\"`, `"\x"`, `"\u12g4"`, `"\u12`,
			"\"a\nb\"", "\"\x00\"", `// x`, `/* */{}`, `{}//`},
		"json.utf8":      {"\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\""},
		"json.duplicate": {`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `[{"x":{"b":1,"b":1}}]`, manyMembers(64, "m3"), manyMembers(500, "m499")},
		"json.depth":     {strings.Repeat("[", 101) + strings.Repeat("]", 101), strings.Repeat(`{"a":`, 101) + "1" + strings.Repeat("}", 101), strings.Repeat("[", 1e6)},
	} {
		for _, text := range texts {
			_, err := fhir.Parse([]byte(text))
			if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || f.Code != code {
				t.Errorf("%.40q: %v, not %s", text, err, code)
			}
		}
	}
	for _, text := range []string{manyMembers(63, "x"), manyMembers(64, "x"), manyMembers(65, "x"),
		strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		if _, err := fhir.Parse([]byte(text)); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if _, err := fhir.ParseObject([]byte(`[]`)); fault.Of(err) == nil || fault.Of(err).Code != "json.object" {
		t.Errorf("an array is no resource: %v", err)
	}
}

func TestStringsAreDecoded(t *testing.T) {
	for _, c := range [][2]string{
		{`"a\n\t\r\b\f\"\\\/"`, "a\n\t\r\b\f\"\\/"},
		{`"\u00e9\ud83d\ude00\uD83D\uDE00"`, "é😀😀"},
		{`"\ud800x\udc00\ud800\ud800"`, "\uFFFDx\uFFFD\uFFFD\uFFFD"},
		{`"\u0000"`, "\x00"},
	} {
		v, err := fhir.Parse([]byte(c[0]))
		if err != nil || v.Str() != c[1] {
			t.Errorf("%s: %q, %v", c[0], v.Str(), err)
		}
	}
}

// TestCorporaRoundTrip: what is written differs from what was read in white
// space only.
func TestCorporaRoundTrip(t *testing.T) {
	for _, c := range [][2]string{{"fhir/r4-examples", "*.json"}, {"fhir/synthea-r4-v3", "*.json"}, {"fhir/json-edge-cases", "*/*.json"}} {
		for _, f := range files(t, c[0], c[1]) {
			b := read(t, f)
			v, err := fhir.Parse(b)
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(f), err)
				continue
			}
			var want bytes.Buffer
			if err := json.Compact(&want, b); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(v.JSON(), want.Bytes()) {
				t.Errorf("%s is written differently", filepath.Base(f))
			}
		}
	}
}

// FuzzParse holds the parser against encoding/json.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.50,{"b":"\u00e9\n"}],"c":null}`, `[[],{},true,false,-1e-5]`, `{"a":1,"a":2}`, "\"\xff\"",
		`"\ud800"`, "\uFEFF1", strings.Repeat("[", 101)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := fhir.Parse(b)
		if err != nil {
			switch f := fault.Of(err); f.Code {
			case "json.duplicate", "json.depth":
			case "json.utf8":
				if utf8.Valid(b) {
					t.Fatalf("%q is UTF-8", b)
				}
			default:
				if json.Valid(b) {
					t.Fatalf("%q is JSON: %v", b, err)
				}
			}
			return
		}
		b = bytes.TrimPrefix(b, []byte("\uFEFF"))
		var want, got any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatalf("%q is no JSON: %v", b, err)
		}
		d = json.NewDecoder(bytes.NewReader(v.JSON()))
		d.UseNumber()
		if err := d.Decode(&got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q became %q", b, v.JSON())
		}
		if s, ok := want.(string); ok && v.Str() != s {
			t.Fatalf("%q is decoded as %q", b, v.Str())
		}
		again, err := fhir.Parse(v.JSON())
		if err != nil || !fhir.Equal(v, again) {
			t.Fatalf("%q does not come back: %v", b, err)
		}
	})
}

func bundle(b *testing.B) []byte {
	return read(b, files(b, "fhir/synthea-r4-v3", "*.json")[0])
}

func BenchmarkParse(b *testing.B) {
	text := bundle(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fhir.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	v, err := fhir.Parse(bundle(b))
	if err != nil {
		b.Fatal(err)
	}
	buf := v.JSON()
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = v.Append(buf[:0])
	}
}

// TestParseSideBySide: parsers keep what they allocate for the next; a value that was
// parsed stays as it is, whatever is parsed after it or beside it.
func TestParseSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			kept := map[string]*fhir.Value{}
			for i := range 300 {
				list := make([]string, i%80+1) // longer than what is kept of a stack, too
				for j := range list {
					list[j] = fmt.Sprintf(`{"a%d":[%d,{"b":"%d-%d"}]}`, j, i, n, j)
				}
				text := `{"list":[` + strings.Join(list, ",") + `],"n":` + strconv.Itoa(n) + `}`
				v, err := fhir.Parse([]byte(text))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := fhir.Parse([]byte(text[:len(text)/2])); err == nil { // ends too early, with its stack full
					t.Error("half a text is no document")
				}
				kept[text] = v
			}
			for text, v := range kept {
				if got := string(v.JSON()); got != text {
					t.Errorf("%s has become %s", text, got)
				}
			}
		})
	}
	wg.Wait()
}

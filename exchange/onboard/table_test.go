package onboard

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// all reads a table: fields joined by |, or !why for what is no record, with the
// line.
func all(t testing.TB, text string) []string {
	t.Helper()
	var out []string
	tab := newTable(strings.NewReader(text), ',')
	for {
		fields, wrong, err := tab.read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if wrong != "" {
			out = append(out, strconv.Itoa(tab.line)+" !"+wrong+" "+string(tab.raw))
			continue
		}
		out = append(out, strconv.Itoa(tab.line)+" "+string(bytes.Join(fields, []byte("|"))))
	}
}

func TestTable(t *testing.T) {
	open := strings.Repeat("x,y\n", maxRecordLines+3)
	for _, c := range []struct{ name, text, want string }{
		{"plain", "a,b\nc,d\n", "1 a|b\n2 c|d"},
		{"no end", "a,b\nc,d", "1 a|b\n2 c|d"},
		{"mark and carriage returns", "\xef\xbb\xbfa,b\r\nc,d\r\n", "1 a|b\n2 c|d"},
		{"quoted", "\"a,1\",\"b \"\"x\"\"\"\n,\n", "1 a,1|b \"x\"\n2 |"},
		{"over lines", "\"a\nb\",c\nd,e\n", "1 a\nb|c\n3 d|e"},
		{"empty lines", "\n\na,b\n\nc,d\n\n", "3 a|b\n5 c|d"},
		{"spaces", " a , b \n", "1 a|b"},
		{"an open mark swallows nothing", "1,\"a\n" + open, "1 !quote 1,\"a\n2 x|y\n3 x|y"},
		{"an open mark at the end", "a,b\n1,\"a\nx,y\n", "1 a|b\n2 !quote 1,\"a\n3 x|y"},
		{"text behind a mark", "\"a\"b,c\nd,e\n", "1 !quote \"a\"b,c\n2 d|e"},
		{"a line too long", strings.Repeat("z", maxRecord+10) + "\na,b\n", "2 a|b"},
	} {
		got := all(t, c.text)
		if c.name == "a line too long" {
			if !strings.HasPrefix(got[0], "1 !long") {
				t.Errorf("%s: %.30s", c.name, got[0])
			}
			got = got[1:]
		}
		if s := strings.Join(got, "\n"); !strings.HasPrefix(s, c.want) {
			t.Errorf("%s: %q, not %q", c.name, s, c.want)
		}
	}
	if n := len(all(t, "1,\"a\n"+open)); n != 1+maxRecordLines+3 {
		t.Errorf("%d records, an open mark lost some", n)
	}
}

// FuzzTable: no line is lost, whatever stands in it; and what encoding/csv
// reads without complaint is read as it reads it.
func FuzzTable(f *testing.F) {
	f.Add("a,b\n\"c\",d\n")
	f.Add("\"a\nb\",\"\"\"\"\n")
	f.Add("\",\n\"\r\n,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 || strings.ContainsRune(text, '\r') {
			return
		}
		tab := newTable(strings.NewReader(text), ',')
		var got [][]string
		last, broken := 0, false
		for {
			fields, wrong, err := tab.read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || tab.line <= last {
				t.Fatalf("line %d after %d, %v", tab.line, last, err)
			}
			last, broken = tab.line, broken || wrong != ""
			var row []string
			for _, v := range fields {
				row = append(row, string(v))
			}
			got = append(got, row)
		}
		if broken || strings.HasPrefix(text, "\xef\xbb\xbf") {
			return
		}
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil || len(want) != len(got) && strings.Contains(text, "\"") {
			return // it is stricter with marks within fields
		}
		for i := range want {
			for j := range want[i] {
				want[i][j] = strings.TrimSpace(want[i][j])
			}
			if i >= len(got) || !slices.Equal(want[i], got[i]) {
				t.Fatalf("record %d: %q, not %q", i, got, want)
			}
		}
	})
}

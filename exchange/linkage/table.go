package linkage

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"concord/fault"
	"concord/standard/match"
)

// Entry is one record of a table.
type Entry struct {
	ID     string
	Side   uint8 // 0, or 1 for the second of two tables
	Record match.Record
	Groups []string // values of Columns.Groups
}

// rows reads a table with a header. name is said in errors; they give lines and
// columns, never values. Codes: "linkage.csv", "linkage.encoding".
func rows(r io.Reader, name, encoding string) (header []string, body iter.Seq2[[]string, error], err error) {
	br := bufio.NewReaderSize(r, 1<<16)
	switch encoding {
	case "windows-1252":
		br = bufio.NewReaderSize(charmap.Windows1252.NewDecoder().Reader(br), 1<<16)
	case "utf-16":
		br = bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(br), 1<<16)
	}
	if b, _ := br.Peek(3); string(b) == "\xef\xbb\xbf" {
		br.Discard(3)
	} else if len(b) >= 2 && (b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff) {
		return nil, nil, fault.New(fault.Invalid, "linkage.encoding", "%s is UTF-16: say encoding: utf-16 in the map of columns", name)
	}
	cr := csv.NewReader(br)
	cr.TrimLeadingSpace = true
	header, err = cr.Read()
	if err == io.EOF {
		return nil, nil, fault.New(fault.Invalid, "linkage.csv", "%s is empty", name)
	}
	if err != nil {
		return nil, nil, badCSV(err, name)
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	if err := checkHeader(header, name); err != nil {
		return nil, nil, err
	}
	return header, func(yield func([]string, error) bool) {
		for {
			row, err := cr.Read()
			if err == io.EOF {
				return
			}
			if err == nil {
				err = checkRow(cr, row, name)
			} else {
				err = badCSV(err, name)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}, nil
}

func checkHeader(header []string, name string) error {
	seen := map[string]bool{}
	for _, h := range header {
		if !utf8.ValidString(h) || strings.ContainsRune(h, 0) {
			return fault.New(fault.Invalid, "linkage.encoding", "the header of %s is not UTF-8", name)
		}
		if seen[h] && h != "" {
			return fault.New(fault.Invalid, "linkage.csv", "%s has two columns named %q", name, h)
		}
		seen[h] = true
	}
	return nil
}

func checkRow(cr *csv.Reader, row []string, name string) error {
	for i, v := range row {
		if !utf8.ValidString(v) {
			line, _ := cr.FieldPos(i)
			return fault.New(fault.Invalid, "linkage.encoding", "line %d of %s is not UTF-8: say encoding: windows-1252 in the map of columns if it is", line, name)
		}
		row[i] = strings.TrimSpace(v)
	}
	return nil
}

func badCSV(err error, name string) error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return fault.New(fault.Invalid, "linkage.csv", "line %d of %s: %s", pe.Line, name, pe.Err)
	}
	return fault.Wrap(err, fault.Invalid, "linkage.csv", "%s cannot be read", name)
}

// Table streams the entries of a table. Code beside those of rows:
// "linkage.columns" when a column is missing or an id is empty.
func (c *Columns) Table(r io.Reader, name string, side uint8) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		header, body, err := rows(r, name, c.Encoding)
		if err == nil {
			err = c.present(header, name)
		}
		if err != nil {
			yield(Entry{}, err)
			return
		}
		at := map[string]int{}
		for i, h := range header {
			at[h] = i
		}
		n := 1
		for row, err := range body {
			n++
			if err == nil && row[at[c.ID]] == "" {
				err = fault.New(fault.Invalid, "linkage.columns", "row %d of %s has no id", n, name)
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(c.entry(row, at, side), nil) {
				return
			}
		}
	}
}

func (c *Columns) present(header []string, name string) error {
	var missing []string
	for _, n := range append(c.named(), c.Groups...) {
		if !slices.Contains(header, n) {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fault.New(fault.Invalid, "linkage.columns", "%s has no column %s; it has %s", name, strings.Join(missing, ", "), strings.Join(header, ", "))
	}
	return nil
}

func (c *Columns) entry(row []string, at map[string]int, side uint8) Entry {
	one := func(name string) string {
		if name == "" {
			return ""
		}
		return row[at[name]]
	}
	many := func(names list) string {
		if len(names) == 1 {
			return one(names[0])
		}
		var out []string
		for _, n := range names {
			if v := one(n); v != "" {
				out = append(out, v)
			}
		}
		return strings.Join(out, " ")
	}
	e := Entry{ID: one(c.ID), Side: side, Record: match.Record{Given: many(c.Given), Family: many(c.Family), Former: many(c.Former), Born: one(c.Born),
		Sex: one(c.Sex), Postcode: one(c.Postcode), Address: many(c.Address), Locality: one(c.Locality), Email: one(c.Email),
		Practice: one(c.Practice), NHS: one(c.NHS)}}
	for _, p := range c.Phone {
		e.Record.Phones = append(e.Record.Phones, one(p))
	}
	for _, col := range sorted(c.Numbers) {
		e.Record.Numbers = append(e.Record.Numbers, match.Number{Scope: c.Numbers[col], Value: one(col)})
	}
	for _, g := range c.Groups {
		e.Groups = append(e.Groups, one(g))
	}
	return e
}

func sorted(m map[string]string) []string {
	if len(m) == 0 {
		return nil
	}
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

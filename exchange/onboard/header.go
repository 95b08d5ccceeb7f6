package onboard

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"concord/fault"
)

// What becomes of a column that the class has not.
const (
	unknownColumn = -1
	passedOver    = -2 // of a file of refused rows
)

// header reads the first record: which column of the class each field is.
// shown are the columns that a file of refused rows has again. Codes:
// "onboard.header", "onboard.encoding".
func (j *job) header(t *table, class *Class) (shown [][]byte, order []int, err error) {
	bad := func(format string, args ...any) ([][]byte, []int, error) {
		return nil, nil, fault.New(fault.Invalid, "onboard.header", "%s: "+format, append([]any{j.file.name}, args...)...)
	}
	names, wrong, err := t.read()
	if errors.Is(err, io.EOF) {
		return bad("the file is empty")
	}
	if err != nil || wrong != "" {
		return bad("the header cannot be read")
	}
	if bytes.IndexByte(t.raw, 0) >= 0 || bytes.HasPrefix(t.raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(t.raw, []byte{0xfe, 0xff}) {
		return nil, nil, fault.New(fault.Invalid, "onboard.encoding", "%s is UTF-16: say encoding: utf-16 in extract.yaml", j.file.name)
	}
	have := map[string]bool{}
	for _, n := range names {
		name := strings.ToLower(string(n))
		at := class.column(name)
		switch {
		case slices.Contains(refusedColumns(), name):
			order = append(order, passedOver)
			continue
		case have[name]:
			return bad("the column %q is there twice", name)
		case at < 0:
			at = unknownColumn
			j.unknown = append(j.unknown, j.file.name+": "+printable(name))
		}
		have[name] = true
		order, shown = append(order, at), append(shown, bytes.Clone(n))
	}
	var missing []string
	for _, c := range class.Columns {
		if c.Must && !have[c.Name] {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) > 0 && len(names) == 1 {
		return bad("no column is found: say separator in extract.yaml if it is not a comma")
	}
	if len(missing) > 0 {
		return bad("these columns are missing: %s", strings.Join(missing, ", "))
	}
	return shown, order, nil
}

// printable is a name as it may be shown, a header that is none included.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 40 {
		s = s[:40]
	}
	return s
}

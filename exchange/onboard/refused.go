package onboard

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

// refusedColumns stand before the columns of the source in a file of refused
// rows. When such a file is mended and staged again they are passed over.
func refusedColumns() []string { return []string{"refused_reason", "refused_file", "refused_line"} }

// refusals writes the refused rows of one file of the source, each with its
// reason, in the columns that it came in: to be mended and staged again.
type refusals struct {
	path   string
	source string
	header [][]byte
	file   *os.File
	out    *bufio.Writer
	rows   int64
	kept   int64 // of them, that are durable
}

// add writes a refused row; the file begins with the first.
func (r *refusals) add(reason string, line int, fields [][]byte) error {
	if r.file == nil {
		f, err := os.OpenFile(r.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return unstaged(err)
		}
		r.file, r.out = f, bufio.NewWriter(f)
		head := refusedColumns()
		r.record(head[0], head[1], head[2], r.header)
	}
	r.rows++
	return r.record(reason, r.source, strconv.Itoa(line), fields)
}

func (r *refusals) record(reason, file, line string, fields [][]byte) error {
	r.out.Write(quoted([]byte(reason)))
	r.out.WriteByte(',')
	r.out.Write(quoted([]byte(file)))
	r.out.WriteByte(',')
	r.out.WriteString(line)
	for _, f := range fields {
		r.out.WriteByte(',')
		r.out.Write(quoted(guarded(f)))
	}
	return unstaged(r.out.WriteByte('\n'))
}

// guarded keeps a spreadsheet, in which such files are mended, from taking a value for
// a formula (https://owasp.org/www-community/attacks/CSV_Injection). unguarded gives the
// value back.
func guarded(v []byte) []byte {
	if isFormula(v) {
		return append([]byte{'\''}, v...)
	}
	return v
}

func unguarded(v []byte) []byte {
	if len(v) > 1 && v[0] == '\'' && isFormula(v[1:]) {
		return v[1:]
	}
	return v
}

// isFormula tells what begins as a formula does, behind any apostrophes: a value that
// has one of its own comes back with it.
func isFormula(v []byte) bool {
	v = bytes.TrimLeft(v, "'")
	return len(v) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), v[0]) >= 0
}

// quoted is a field as a CSV file has it.
func quoted(v []byte) []byte {
	if !bytes.ContainsAny(v, "\",\r\n") {
		return v
	}
	return append(append([]byte{'"'}, bytes.ReplaceAll(v, []byte{'"'}, []byte(`""`))...), '"')
}

// flush makes durable what was added so far.
func (r *refusals) flush() error {
	if r.file == nil || r.rows == r.kept {
		return nil
	}
	r.kept = r.rows
	return unstaged(errors.Join(r.out.Flush(), r.file.Sync()))
}

// close makes the file durable, if there is one.
func (r *refusals) close() error {
	if r.file == nil {
		return nil
	}
	return unstaged(errors.Join(r.out.Flush(), r.file.Sync(), r.file.Close()))
}

// RefusedFile is a file of rows that one step refused.
type RefusedFile struct {
	Step string // part-N, profile, load
	Name string
}

// RefusedFiles lists the files of refused rows, by step and name.
func (x *Extract) RefusedFiles() ([]RefusedFile, error) {
	names, err := filepath.Glob(x.path("refused", "*", "*.csv"))
	if err != nil {
		return nil, unstaged(err)
	}
	var out []RefusedFile
	for _, n := range names {
		out = append(out, RefusedFile{filepath.Base(filepath.Dir(n)), filepath.Base(n)})
	}
	return out, nil
}

// RefusedFolder is where these files lie within the stage of the organisation.
func (x *Extract) RefusedFolder() string { return filepath.Base(x.dir) + "/refused" }

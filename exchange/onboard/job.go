package onboard

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"concord/fault"
)

// job stages one file.
type job struct {
	extract  *Extract
	part     int
	source   string
	file     sourceFile
	number   int // among the files of the part
	progress func(bytes int)
	zone     *time.Location
	read2    func(trust string, message []byte) ([]Resource, error)

	ours          bool      // it is in the form of refused rows, not in the source's
	unread        *refusals // what is of no class
	open, closed  []byte    // keys of units that could not be read, and of those that are mended
	read, refused int64
	rows          []RowFile
	unknown       []string
	tally         tally
	sinks         map[string]*sink
}

// sink takes the rows of one class of one file.
type sink struct {
	class   Class
	check   *checker
	staged  [][]byte
	rows    *rowWriter
	name    string
	refused *refusals
	gone    []byte // keys of refused rows, 16 bytes each
}

func (j *job) run(ctx context.Context) (err error) {
	j.sinks = map[string]*sink{}
	encoding := j.extract.Encoding
	if j.part > 1 { // refused rows that were mended
		if j.ours, err = ofRefused(j.source, j.file); err != nil {
			return err
		}
		if j.ours {
			encoding = ""
		}
	}
	in, err := openSource(j.source, j.file, encoding)
	if err != nil {
		return err
	}
	defer in.Close()
	counted := &countingReader{in: in, tell: j.progress}
	defer func() {
		if err == nil && in.isUTF8() {
			err = fault.New(fault.Invalid, "onboard.encoding", "%s is UTF-8: say encoding: utf-8 in extract.yaml", j.file.name)
		}
	}()
	switch j.file.form {
	case formTable:
		err = j.table(ctx, counted)
	case formResources:
		err = j.resources(ctx, counted)
	case formUnread:
		err = j.mendedUnits(ctx, counted)
	default:
		err = j.messages(ctx, counted)
	}
	return errors.Join(err, j.finish(err == nil))
}

// sink gives the sink of a class; header is what its refused rows are headed
// by, nil for the class's own columns.
func (j *job) sink(class Class, header [][]byte) (*sink, error) {
	if s := j.sinks[class.Name]; s != nil {
		return s, nil
	}
	name := class.Name + "-" + strconv.Itoa(j.number)
	rows, err := createRows(j.extract.path(partName(j.part), name+".rows"))
	if err != nil {
		return nil, err
	}
	if header == nil {
		for _, c := range class.Columns {
			header = append(header, []byte(c.Name))
		}
	}
	base := j.base()
	if j.file.form != formTable { // what is mended is a table
		base = class.Name + "-" + base
	}
	s := &sink{class: class, check: newChecker(&class, j.extract.Taken), staged: make([][]byte, len(class.Columns)), rows: rows, name: name + ".rows",
		refused: &refusals{path: j.extract.path("refused", partName(j.part), base+".csv"), source: j.file.name, header: header}}
	s.check.class = &s.class
	j.sinks[class.Name] = s
	return s, nil
}

// base is the name of the file without its endings.
func (j *job) base() string {
	name := strings.TrimSuffix(j.file.name, ".gz")
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// goneFile holds the keys of the rows that were refused beside a file of rows.
func goneFile(rows string) string { return strings.TrimSuffix(rows, ".rows") + ".gone" }

func (j *job) finish(whole bool) error {
	var errs []error
	for _, s := range j.sinks {
		sum, err := s.rows.commit()
		errs = append(errs, err, s.refused.close(), writeWhole(j.extract.path(partName(j.part), goneFile(s.name)), s.gone))
		j.rows = append(j.rows, RowFile{s.class.Name, s.name, s.rows.rows, s.refused.rows, sum, j.file.name})
	}
	if j.unread != nil {
		errs = append(errs, j.unread.close())
	}
	errs = append(errs, j.keepUnits())
	if !whole {
		return nil // the error that ended it says more
	}
	return errors.Join(errs...)
}

// take holds a row against its columns, and stages or refuses it. shown are the
// fields as the source has them.
func (j *job) take(s *sink, from origin, fields, shown [][]byte) error {
	j.read++
	why := s.check.row(fields, s.staged, j.tally)
	if at := s.class.column("file"); why == "" && at >= 0 {
		file, wrong, err := j.contentOf(s.staged[at])
		if err != nil {
			return err
		}
		if s.staged[at] = file; wrong != "" {
			j.tally.add(s.class.Name, "file", wrong, true)
			why = "file: " + wrong
		}
	}
	if why != "" {
		j.refused++
		if len(fields[0]) > 0 {
			k := keyOf(fields[0])
			s.gone = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(s.gone, k[0]), k[1])
		}
		return s.refused.add(why, from.line, shown)
	}
	return s.rows.write(from, s.staged)
}

// refuse refuses a row that is none.
func (j *job) refuse(s *sink, wrong string, line int, shown [][]byte) error {
	j.read++
	j.refused++
	j.tally.add(s.class.Name, "", wrong, true)
	return s.refused.add(wrong, line, shown)
}

// table stages a CSV file.
func (j *job) table(ctx context.Context, in io.Reader) error {
	separator := byte(',')
	if j.extract.Separator != "" && !j.ours {
		separator = j.extract.Separator[0]
	}
	t := newTable(in, separator)
	class, _ := classAt(j.file.class)
	header, order, err := j.header(t, &class)
	if err != nil {
		return err
	}
	s, err := j.sink(class, header)
	if err != nil {
		return err
	}
	s.check.order = order
	fields := make([][]byte, len(class.Columns))
	columns, shown := len(order), make([][]byte, 0, len(header))
	for {
		got, wrong, err := t.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && j.read&0xfff == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return cannotRead(err, j.file.name)
		}
		switch {
		case wrong != "":
			err = j.refuse(s, wrong, t.line, [][]byte{t.raw})
		case len(got) != columns:
			err = j.refuse(s, wrongColumns, t.line, j.sourced(got))
		default:
			got = j.sourced(got)
			shown = shown[:0]
			clear(fields)
			for i, at := range order {
				if at >= 0 {
					fields[at] = got[i]
				}
				if at != passedOver {
					shown = append(shown, got[i])
				}
			}
			err = j.take(s, origin{line: t.line}, fields, shown)
		}
		if err != nil {
			return err
		}
	}
}

// sourced are fields as the source had them.
func (j *job) sourced(fields [][]byte) [][]byte {
	if j.ours {
		for i, v := range fields {
			fields[i] = unguarded(v)
		}
	}
	return fields
}

func cannotRead(err error, name string) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "onboard.file", "%s cannot be read", name)
}

// openSource opens a file, unpacked and in UTF-8. With encoding "" the bytes
// come as they are.
func openSource(dir string, f sourceFile, encoding string) (*source, error) {
	root, err := os.OpenRoot(dir) // a link may have taken the file's place since it was listed
	if err != nil {
		return nil, cannotRead(err, f.name)
	}
	defer root.Close()
	file, err := root.Open(f.name)
	if err != nil {
		return nil, cannotRead(err, f.name)
	}
	var in io.Reader = file
	if strings.HasSuffix(strings.ToLower(f.name), ".gz") {
		if in, err = gzip.NewReader(file); err != nil {
			file.Close()
			return nil, cannotRead(err, f.name)
		}
	}
	out := &source{Closer: file}
	switch encoding {
	case "windows-1252":
		out.seen = &utf8Watch{in: in}
		in = charmap.Windows1252.NewDecoder().Reader(out.seen)
	case "utf-16":
		in = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(in)
	}
	out.Reader = in
	return out, nil
}

// countingReader tells how many bytes were read.
type countingReader struct {
	in   io.Reader
	tell func(int)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.tell(n)
	return n, err
}

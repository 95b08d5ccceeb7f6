package onboard

import (
	"context"
	"net/url"
	"os"
	"strconv"
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// loader is a load at work.
type loader struct {
	stage   *Stage
	extract *Extract
	errand  *record.Errand
	opt     LoadOptions
	loading *Loading
	pacer   *pacer // nil = as hard as it can
	refused *refusals
	at      *Class            // the class at work
	into    map[string]string // numbers that were merged at the source, by the row's key
	asAt    *fhir.Value
	numbers Numbers
	was     Numbers // of the extract that a delta goes on from
	known   *knownPatients
	taken   map[[2]uint64]bool  // keys of the trust's feed that rows of the class have
	shared  map[[2]uint64]bool  // those that several rows of the class have between them
	delta   *Delta              // what the extract is a delta of, nil = it is whole
	touched *touched            // rows of the class that a delta loads
	merges  Survivors           // of the source, for a delta
	merged  map[string][]string // who ended in whom by them
	others  map[[2]uint64]bool  // keys, hashed, of patients whose number is somebody else's
}

// keep keeps the progress; the refused rows that it counts are in their file then.
func (ld *loader) keep() error {
	if ld.refused != nil {
		if err := ld.refused.flush(); err != nil {
			return err
		}
	}
	return writeJSON(ld.extract.path(loadFile), ld.loading)
}

// loadRow is a row on its way.
type loadRow struct {
	row   int64 // its place among the rows of the class
	op    record.Op
	moves []record.Op // it moves from another patient's record by these, in place of op
	// refiled: op makes it another patient's.
	refiled bool
	fields  [][]byte
	merged  string // the number that it was merged into at the source
	again   bool   // it was mended after the load: the record may have it as it was
	known   bool   // it refers to its patient by what is remembered
	size    int    // bytes of content
	failed  error  // its content could not be read
	from    string // file of the source, "" where the stage has not noted it
	line    int    // of that file
}

// class loads the rows of one class.
func (ld *loader) class(ctx context.Context, c Class) error {
	p := ld.loading.Classes[c.Name]
	if p == nil {
		p = &ClassProgress{}
		ld.loading.Classes[c.Name] = p
	}
	if p.Refused == nil { // none was refused before the load was stopped
		p.Refused = map[string]int64{}
	}
	if err := ld.openRefused(&c); err != nil {
		return err
	}
	ld.at, ld.taken = &c, map[[2]uint64]bool{}
	touched, err := ld.extract.touches(ld.delta, c.Name)
	if err != nil {
		return err
	}
	ld.touched = touched
	if err := ld.soleKeys(&c); err != nil {
		return err
	}
	n := int64(0)
	if err := ld.sweep(ctx, &c, p, &n, false); err != nil {
		return err
	}
	if len(ld.into) > 0 {
		if err := ld.sweep(ctx, &c, p, &n, true); err != nil {
			return err
		}
	}
	ld.into = nil
	return ld.closeRefused()
}

// sweep loads the rows of a class that were merged into others at the source, or
// those that were not: who they were merged into has to be there first, wherever
// the rows stand. n counts the rows of both, in this order.
func (ld *loader) sweep(ctx context.Context, c *Class, p *ClassProgress, n *int64, merged bool) error {
	column := c.column("merged_into")
	fl := newFlow(ctx, ld, p)
	defer fl.end()
	for _, f := range ld.extract.filesOfClass(c.Name) {
		for staged, err := range ld.extract.loadableRows(f, len(c.Columns)) {
			if err != nil {
				return err
			}
			fields := staged.fields
			if is := column >= 0 && len(fields[column]) > 0; is != merged {
				if is {
					ld.mergedInto(string(fields[c.column("key")]), string(fields[column]))
				}
				continue
			}
			again := ld.loading.Before > 0 && f.part > ld.loading.Before
			if ld.touched.passes(fields[0]) && !again {
				continue
			}
			if *n++; *n <= p.Rows { // done before
				continue
			}
			row := ld.row(c, fields)
			if row.failed != nil {
				return row.failed
			}
			row.row, row.again, row.from, row.line = *n, again, f.Source, staged.line
			if err := fl.add(row); err != nil {
				return err
			}
		}
	}
	return fl.finish()
}

func (ld *loader) mergedInto(number, into string) {
	if ld.into == nil {
		ld.into = map[string]string{}
	}
	ld.into[number] = into
}

// survivor follows a number to the one that it ended in, "" when it goes round.
func (ld *loader) survivor(number string) string {
	for range len(ld.into) + 1 {
		next, merged := ld.into[number]
		if !merged {
			return number
		}
		number = next
	}
	return ""
}

func (ld *loader) openRefused(c *Class) error {
	if err := os.MkdirAll(ld.extract.path("refused", "load"), 0o700); err != nil {
		return unstaged(err)
	}
	name := c.Name
	for i := 2; ld.extract.exists("refused/load/" + name + ".csv"); i++ { // of the load before it was stopped
		name = c.Name + "-" + strconv.Itoa(i)
	}
	ld.refused = &refusals{path: ld.extract.path("refused", "load", name+".csv"), source: c.Name}
	for _, col := range c.Columns {
		ld.refused.header = append(ld.refused.header, []byte(col.Name))
	}
	return nil
}

// refuse writes a refused row beside where it stands in the source.
func (ld *loader) refuse(o outcome) error {
	if ld.refused.source = o.from; o.from == "" {
		ld.refused.source = ld.at.Name
	}
	return ld.refused.add(o.code, o.line, o.text)
}

func (ld *loader) closeRefused() error {
	r := ld.refused
	if ld.refused = nil; r == nil {
		return nil
	}
	return r.close()
}

// filesOfClass are the files of a class's rows, the parts in order.
func (x *Extract) filesOfClass(name string) []partFile {
	var out []partFile
	for n, part := range x.Parts {
		for _, f := range part.Rows {
			if f.Class == name {
				out = append(out, partFile{f, n + 1})
			}
		}
	}
	return out
}

func (ld *loader) row(c *Class, fields [][]byte) loadRow {
	own := cloned(fields)
	row := ld.made(c, own, ld.known)
	if i := c.column("merged_into"); i >= 0 {
		row.merged = string(own[i])
	}
	if row.op.Key != "" {
		k := keyOf([]byte(row.op.Key))
		if ld.taken[k] { // the source has it twice
			row.op.Key = ""
		} else if c.Name == "alerts" { // of the other classes it is the row's own key
			ld.taken[k] = true
		}
	}
	return row
}

// made makes the op of a row. It names its patient by the reference that is
// remembered, else by the number.
func (ld *loader) made(c *Class, fields [][]byte, known *knownPatients) loadRow {
	m := &maker{trust: ld.extract.Trust, load: ld.loading.Load, asAt: ld.asAt, zone: ld.stage.zone(), class: c, fields: fields, numbers: ld.numbers, patients: known, table: ld.opt.Mapping.table(), extract: ld.extract}
	v, key := m.resource(), m.feedKey()
	if len(ld.shared) > 0 && key != "" && ld.shared[patientKey(m, key)] {
		key = ""
	}
	once := url.Values{"identifier": {m.system(c.Name) + "|" + searchEscaped(m.name())}}.Encode()
	return loadRow{op: record.Op{Kind: record.Create, Type: v.Type(), Resource: v, IfNoneExist: once, Key: key, FullURL: "urn:row:" + escapedKey(m.at("key"))},
		fields: fields, known: m.known, size: m.size, failed: m.failed}
}

// plain is a row as it is loaded on its own: its patient found anew, and without
// the key of the trust's feed when that is another's.
func (ld *loader) plain(r loadRow, keyed bool) loadRow {
	p := ld.made(ld.at, r.fields, nil)
	p.row = r.row
	p.from, p.line = r.from, r.line
	if p.merged = r.merged; !keyed || r.op.Key == "" {
		p.op.Key = ""
	}
	return p
}

// cloned is a row of its own.
func cloned(fields [][]byte) [][]byte {
	size := 0
	for _, v := range fields {
		size += len(v)
	}
	text, own := make([]byte, 0, size), make([][]byte, len(fields))
	for i, v := range fields {
		at := len(text)
		text = append(text, v...)
		own[i] = text[at:len(text):len(text)]
	}
	return own
}

// tells says who a row's patient is, "" where it does not.
func (ld *loader) tells(r loadRow, res record.Result) (key, ref string) {
	if ld.at.Name == "patients" {
		return string(r.fields[ld.at.column("key")]), "Patient/" + res.ID
	}
	if r.known || res.Outcome != record.Created { // what was there may be of another number
		return "", ""
	}
	if ref := aboutWhom(res.Item.Resource); strings.HasPrefix(ref, "Patient/") {
		return string(r.fields[ld.at.column("patient")]), ref
	}
	return "", ""
}

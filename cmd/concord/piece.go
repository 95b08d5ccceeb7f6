package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// piece is what one transaction imports: a Bundle, or a run of NDJSON lines
// that do not depend on each other (loose).
type piece struct {
	file   string
	line   int // first line of NDJSON, 0 for a Bundle
	bundle *fhir.Value
	text   []byte // the JSON as it stands
	loose  bool
	failed error // why it is tried again
}

func (p piece) name() string {
	if p.line > 0 {
		return fmt.Sprintf("%s line %d", p.file, p.line)
	}
	return p.file
}

func (p piece) size() int { return p.bundle.Get("entry").Len() }

// split makes a piece of each resource of a loose one.
func (p piece) split() []piece {
	var out []piece
	for e := range p.bundle.Get("entry").Each() {
		b := collection([]*fhir.Value{e.Get("resource")})
		out = append(out, piece{file: p.file, line: p.line + len(out), bundle: b, text: b.JSON(), loose: true})
	}
	return out
}

func collection(resources []*fhir.Value) *fhir.Value {
	entries := make([]*fhir.Value, len(resources))
	for i, r := range resources {
		entries[i] = fhir.Obj("resource", r)
	}
	return fhir.Obj("resourceType", "Bundle", "type", "collection", "entry", entries)
}

// listFiles finds what to import under the paths, in order of name. A folder is
// searched for .json and .ndjson files, also compressed; links out of it are
// not followed.
func listFiles(paths []string) (files []string, size int64, err error) {
	for _, p := range paths {
		err := filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil || !info.Mode().IsRegular() && name != p {
				return err
			}
			if d.IsDir() || name != p && !importable(name) {
				return nil
			}
			files = append(files, name)
			size += info.Size()
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	if len(files) == 0 {
		return nil, 0, fault.New(fault.Invalid, "cli.files", "there is nothing to import there: Bundles end in .json, NDJSON in .ndjson")
	}
	sort.Strings(files)
	return files, size, nil
}

func importable(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	return strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".ndjson")
}

// splitReferenced puts the bundles first that Synthea keeps its organisations
// and practitioners in, and NDJSON of those types.
func splitReferenced(files []string) (first, rest []string) {
	for _, f := range files {
		base := strings.ToLower(filepath.Base(f))
		if strings.HasPrefix(base, "hospital") || strings.HasPrefix(base, "practitioner") ||
			strings.HasPrefix(base, "organization") || strings.HasPrefix(base, "location") || strings.HasPrefix(base, "patient") && strings.Contains(base, "ndjson") {
			first = append(first, f)
		} else {
			rest = append(rest, f)
		}
	}
	return first, rest
}

const (
	maxBundle  = 512 << 20
	looseBatch = 200
)

// readPieces yields the pieces of a file.
func readPieces(name string, progress func(int)) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(piece{file: name}, err)
			return
		}
		defer f.Close()
		in := io.Reader(&counted{f, progress})
		plain := name
		if strings.HasSuffix(strings.ToLower(name), ".gz") {
			gz, err := gzip.NewReader(in)
			if err != nil {
				yield(piece{file: name}, fault.New(fault.Invalid, "import.gzip", "the file is not gzip"))
				return
			}
			in, plain = gz, name[:len(name)-3]
		}
		if strings.HasSuffix(strings.ToLower(plain), ".ndjson") {
			readLines(name, in, yield)
			return
		}
		p, err := readBundle(name, in)
		yield(p, err)
	}
}

type counted struct {
	r io.Reader
	f func(int)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.f(n)
	return n, err
}

// readBundle reads a file that holds one JSON document: a Bundle, or a single
// resource.
func readBundle(name string, in io.Reader) (piece, error) {
	p := piece{file: name}
	text, err := io.ReadAll(io.LimitReader(in, maxBundle+1))
	if err != nil {
		return p, fault.New(fault.Invalid, "import.read", "the file cannot be read to its end")
	}
	if len(text) > maxBundle {
		return p, fault.New(fault.TooCostly, "import.size", "a file may hold %d bytes; split it, or use NDJSON", maxBundle)
	}
	v, err := fhir.ParseObject(text)
	if err != nil {
		return p, err
	}
	p.text, p.bundle = text, v
	if v.Type() != "Bundle" {
		p.bundle = collection([]*fhir.Value{v})
		return p, nil
	}
	switch v.StrAt("type") {
	case "transaction", "collection", "batch":
		return p, nil
	}
	return p, fault.New(fault.Unsupported, "import.bundle", "a Bundle to import is a transaction, collection or batch").In("Bundle.type")
}

func readLines(name string, in io.Reader, yield func(piece, error) bool) {
	r := bufio.NewReaderSize(in, 1<<20)
	var batch []*fhir.Value
	first, line := 1, 0
	flush := func() bool {
		if len(batch) == 0 {
			return true
		}
		b := collection(batch)
		batch = nil
		return yield(piece{file: name, line: first, bundle: b, text: b.JSON(), loose: true}, nil)
	}
	for {
		text, err := r.ReadBytes('\n')
		line++
		if body := bytes.TrimSpace(text); len(body) > 0 {
			v, perr := fhir.ParseObject(body)
			if perr != nil {
				if !flush() || !yield(piece{file: name, line: line}, perr) {
					return
				}
				first = line + 1
			} else if batch = append(batch, v); len(batch) == looseBatch {
				if !flush() {
					return
				}
				first = line + 1
			}
		}
		if err == io.EOF {
			flush()
			return
		}
		if err != nil {
			yield(piece{file: name, line: line}, fault.New(fault.Invalid, "import.read", "the file cannot be read to its end"))
			return
		}
	}
}

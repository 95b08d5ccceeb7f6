package fhirload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"concord/standard/fhir"
)

// Corpus is a folder of transaction Bundles, as Synthea writes them.
type Corpus struct {
	first []*original // hospitals and practitioners, which the others refer to
	rest  []*original
}

// original is one Bundle, without white space between its tokens, and where a
// copy of it differs.
type original struct {
	name      string
	text      []byte
	resources int
	marks     []mark
}

// mark is a place in the text that each copy has its own of.
type mark struct {
	at, length int
	kind       markKind
}

type markKind uint8

const (
	uuid   markKind = iota // the first eight digits change
	number                 // an identifier of a patient: its digits change
	name                   // a patient's family name: it gets longer
)

var uuidForm = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// ReadCorpus reads the Bundles of some folders.
func ReadCorpus(folders ...string) (*Corpus, error) {
	c := &Corpus{}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.json"))
		if err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, f := range files {
			o, err := readOriginal(f)
			if err != nil {
				return nil, err
			}
			if base := strings.ToLower(o.name); strings.HasPrefix(base, "hospital") || strings.HasPrefix(base, "practitioner") {
				c.first = append(c.first, o)
			} else {
				c.rest = append(c.rest, o)
			}
		}
	}
	if len(c.rest) == 0 {
		return nil, fmt.Errorf("there are no Bundles in %s", strings.Join(folders, ", "))
	}
	return c, nil
}

// Resources counts what one copy holds.
func (c *Corpus) Resources() int {
	n := 0
	for _, o := range slices.Concat(c.first, c.rest) {
		n += o.resources
	}
	return n
}

func readOriginal(file string) (*original, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	o := &original{name: filepath.Base(file), text: bytes.Clone(b.Bytes())}
	bundle, err := fhir.ParseObject(o.text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	o.resources = bundle.Get("entry").Len()
	for _, at := range uuidForm.FindAllIndex(o.text, -1) {
		o.marks = append(o.marks, mark{at[0], at[1] - at[0], uuid})
	}
	for e := range bundle.Get("entry").Each() {
		if p := e.Get("resource"); p.Type() == "Patient" {
			o.markPatient(p)
		}
	}
	slices.SortFunc(o.marks, func(a, b mark) int { return a.at - b.at })
	return o, nil
}

// markPatient marks the numbers and family names of a patient where they first
// stand in the text.
func (o *original) markPatient(p *fhir.Value) {
	find := func(member string, v *fhir.Value, kind markKind) {
		lead := `"` + member + `":"`
		at := bytes.Index(o.text, []byte(`"`+member+`":`+v.Raw()))
		if at < 0 || len(v.Raw()) < 3 {
			return
		}
		m := mark{at + len(lead), len(v.Raw()) - 2, kind}
		if !slices.Contains(o.marks, m) {
			o.marks = append(o.marks, m)
		}
	}
	for id := range p.Get("identifier").Each() {
		if v := id.Get("value"); !uuidForm.MatchString(v.Str()) {
			find("value", v, number)
		}
	}
	for n := range p.Get("name").Each() {
		find("family", n.Get("family"), name)
	}
}

// copy appends the n-th copy of the Bundle; the 0th is the original.
func (o *original) copy(dst []byte, n int) []byte {
	if n == 0 {
		return append(dst, o.text...)
	}
	from := 0
	for _, m := range o.marks {
		dst = append(dst, o.text[from:m.at]...)
		from = m.at + m.length
		old := o.text[m.at:from]
		switch m.kind {
		case uuid:
			dst = appendUUID(dst, old, n)
		case number:
			dst = appendNumber(dst, old, n)
		case name:
			dst = append(append(dst, old...), syllables(n)...)
		}
	}
	return append(dst, o.text[from:]...)
}

// appendUUID changes the first eight hexadecimal digits: other ones give other
// ones, so that references stay whole.
func appendUUID(dst, old []byte, n int) []byte {
	const digits = "0123456789abcdef"
	with := uint32(n) * 0x9e3779b1
	for i, c := range old[:8] {
		v := c - '0'
		if c >= 'a' {
			v = c - 'a' + 10
		}
		dst = append(dst, digits[v^byte(with>>(28-4*i))&15])
	}
	return append(dst, old[8:]...)
}

// appendNumber adds to the last seven digits of an identifier.
func appendNumber(dst, old []byte, n int) []byte {
	start := len(dst)
	dst = append(dst, old...)
	add := n * 104_729
	for i, left := len(dst)-1, 7; i >= start && left > 0 && add > 0; i-- {
		if c := dst[i]; c >= '0' && c <= '9' {
			add += int(c - '0')
			dst[i] = '0' + byte(add%10)
			add /= 10
			left--
		}
	}
	return dst
}

// syllables spells a number, since names have no digits.
func syllables(n int) string {
	s := ""
	for ; n > 0; n /= 16 {
		s += string("bdfgklmnprstvwyz"[n%16]) + string("aeiou"[n%5])
	}
	return s
}

package crosswalk

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"concord/fault"
)

// Made is who made a table the one that runs, when and why.
type Made struct {
	Org string    `json:"org"`
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	Why string    `json:"why"`
	// Load is the load that brought the trust's history in by the same codes, ""
	// when it is published on its own.
	Load string `json:"load,omitempty"`
	// Withdrawn tells that the trust's codes are written as they are sent again.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// line is one code of a table as text.
type line struct {
	Kind  Kind    `json:"kind"`
	Code  string  `json:"code"`
	To    *Target `json:"to,omitempty"`
	Stays bool    `json:"stays,omitempty"`
	Until string  `json:"until,omitempty"`
}

// mostCodes bounds a table: 40 MB in memory.
const mostCodes = 200_000

// Text is a table as lines of JSON, in order of kind and code.
func (t *Table) Text() ([]byte, error) {
	lines := make([]line, 0, len(t.Codes)+len(t.Stays))
	for k, to := range t.Codes {
		lines = append(lines, line{Kind: k.Kind, Code: k.Code, To: &to})
	}
	for k, until := range t.Stays {
		lines = append(lines, line{Kind: k.Kind, Code: k.Code, Stays: true, Until: until})
	}
	if len(lines) > mostCodes {
		return nil, fault.New(fault.TooCostly, "crosswalk.large", "a table has at most %d codes", mostCodes)
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Code, b.Code))
	})
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		if err := enc.Encode(l); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "crosswalk.write", "the table cannot be written")
		}
	}
	return out.Bytes(), nil
}

// Parse reads a table that Text wrote. Error: Internal "crosswalk.kept".
func Parse(trust string, text []byte) (*Table, error) {
	t := &Table{Trust: trust, Codes: map[Key]Target{}, Stays: map[Key]string{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l line
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		err := dec.Decode(&l)
		k := Key{l.Kind, l.Code}
		switch {
		case err == nil && l.Kind != "" && l.Code != "" && l.To != nil && !l.Stays:
			t.Codes[k] = *l.To
		case err == nil && l.Kind != "" && l.Code != "" && l.To == nil && l.Stays:
			t.Stays[k] = l.Until
		default:
			return nil, fault.New(fault.Internal, "crosswalk.kept", "a line of the table of %s cannot be read", trust)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "crosswalk.kept", "the table of %s cannot be read", trust)
	}
	return t, nil
}

package onboard

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/match"
)

// Pair is a patient of an extract and an entry of the record that a steward
// would be asked about. It lies in the stage, with what the source says of the
// patient.
type Pair struct {
	Key     string            `json:"key"` // of the patient in the source
	Row     map[string]string `json:"row"` // columns that are filled
	Said    string            `json:"said"`
	Outcome record.Foresight  `json:"outcome"`
	Why     string            `json:"why,omitempty"`
	Entry   string            `json:"entry"`
	Person  string            `json:"person,omitempty"`
	Grade   string            `json:"grade"`
	Weight  float32           `json:"weight"`
	Guards  string            `json:"guards,omitempty"`
	// Certain are persons of the record whom the patient certainly is, beside this
	// one.
	Certain []string `json:"certain,omitempty"`
}

// SaidOf stands for what a record says of who somebody is: it changes with any
// of the particulars by which people are matched.
func SaidOf(r match.Record) string {
	r.Numbers = nil
	text, err := json.Marshal(r) // fields in order: the same record is the same text
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// asked gathers the pairs of a match that a steward would be asked about, by the
// number of the patient.
type asked map[int64]*record.Foreseen

func (a asked) note(n int64, f *record.Foreseen) {
	for _, h := range f.Hits {
		if wouldAsk(f, h) {
			kept := *f
			a[n] = &kept
			return
		}
	}
}

// wouldAsk is as a rehearsal counts pairs (record.Rehearsal.Pairs).
func wouldAsk(f *record.Foreseen, h record.ForeseenHit) bool {
	return h.Grade != match.Certain || f.Outcome == record.ForeseenConflict
}

// writePairs writes the pairs with what the source says of each patient.
func (p *patients) writePairs(a asked) error {
	w, err := p.extract.newPairs()
	if err != nil {
		return err
	}
	defer w.close()
	n := int64(-1)
	for fields, err := range p.rows() {
		if err != nil {
			return err
		}
		n++
		seen := a[n]
		if seen == nil {
			continue
		}
		row := map[string]string{}
		for i, col := range p.class.Columns {
			if len(fields[i]) > 0 {
				row[col.Name] = string(fields[i])
			}
		}
		said := SaidOf(p.record(fields))
		for _, h := range seen.Hits {
			if !wouldAsk(seen, h) {
				continue
			}
			pair := Pair{Key: string(fields[0]), Row: row, Said: said, Outcome: seen.Outcome, Why: seen.Why, Entry: h.Entry, Person: h.Person, Grade: h.Grade.String(), Weight: h.Weight, Guards: h.Guards.String()}
			for _, other := range seen.Hits {
				if other.Grade == match.Certain && other.Person != h.Person {
					pair.Certain = append(pair.Certain, other.Person)
				}
			}
			if err := w.add(&pair); err != nil {
				return err
			}
		}
	}
	return w.commit()
}

// fieldsOf are the columns of a pair's patient.
func (p *Pair) fieldsOf(c *Class) [][]byte {
	out := make([][]byte, len(c.Columns))
	for i, col := range c.Columns {
		out[i] = []byte(p.Row[col.Name])
	}
	return out
}

// Asked is the pair as it is put to the record.
func (p *Pair) Asked(trust string) record.AskedPair {
	c, _ := classAt("patients")
	fields := p.fieldsOf(&c)
	m := &maker{trust: trust, load: "rehearsal", class: &c, fields: fields}
	if number := p.Row["hospital_number"]; number != "" {
		m.numbers = Numbers{keyOf([]byte(p.Key)): number}
	}
	return record.AskedPair{Patient: m.patient(), Record: (&patients{class: c}).record(fields), Entry: p.Entry}
}

// Patient is the pair's patient as it would arrive.
func (p *Pair) Patient(trust string) *fhir.Value { return p.Asked(trust).Patient }

// String names a pair without saying anything of the patient.
func (p *Pair) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s and %s: %s, %.1f %s", p.Key, p.Entry, p.Outcome, p.Weight, p.Guards))
}

// lastLine cuts a text after its last whole line: a crash may have left a part.
func lastLine(text []byte) []byte { return text[:bytes.LastIndexByte(text, '\n')+1] }

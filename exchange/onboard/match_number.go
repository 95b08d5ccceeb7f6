package onboard

import (
	"bytes"
	"context"
	"iter"

	"concord/record"
	"concord/standard/fhir"
)

const reusedTable = "reused.csv"

// reused lists the patients whose number the trust's own feed has given to somebody
// else, by their keys.
func (p *patients) reused(ctx context.Context, e *record.Errand) (int64, error) {
	numbers, err := p.extract.Numbers()
	if err != nil {
		return 0, err
	}
	var keys bytes.Buffer
	keys.WriteString("key\n")
	count, key := int64(0), ""
	err = e.RehearseNumbers(ctx, p.extract.Trust, p.numbered(numbers, &key), func(int64) error {
		count++
		keys.Write(quoted([]byte(key)))
		return keys.WriteByte('\n')
	})
	if err != nil {
		return 0, err
	}
	return count, p.extract.Save(reusedTable, keys.Bytes())
}

// numbered are the patients by their numbers; key is that of the one at hand.
func (p *patients) numbered(numbers Numbers, key *string) iter.Seq2[record.StagedNumber, error] {
	return func(yield func(record.StagedNumber, error) bool) {
		for fields, err := range p.rows() {
			if err != nil {
				yield(record.StagedNumber{}, err)
				return
			}
			*key = string(fields[0])
			says := func() *fhir.Value {
				return (&maker{trust: p.extract.Trust, class: &p.class, fields: fields, numbers: numbers}).patient()
			}
			if !yield(record.StagedNumber{Number: numbers.Of(*key), Says: says}, nil) {
				return
			}
		}
	}
}

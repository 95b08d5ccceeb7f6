package audit

import (
	"context"

	"concord/store"
)

// postingStep is how many keys of the index are read at once.
const postingStep = 64

// posting walks the entries of one term downwards.
type posting struct {
	prefix string
	from   string  // key to read on from
	ahead  []int64 // entries that were read, in descending order
	done   bool
}

// seek is the newest entry of the term that is not above most, -1 if there is
// none, and what looking for it cost. most never grows from call to call.
func (p *posting) seek(ctx context.Context, r store.Keys, most int64) (seq int64, cost int, err error) {
	for {
		for len(p.ahead) > 0 && p.ahead[0] > most {
			p.ahead = p.ahead[1:]
			cost++
		}
		if len(p.ahead) > 0 {
			return p.ahead[0], cost, nil
		}
		if p.done {
			return -1, cost, nil
		}
		// The entries of one key lie less than a batch apart: keys far above
		// hold nothing that is wanted.
		p.from = max(p.from, postingKey(p.prefix, most+fileBatch))
		kvs, err := r.ListKeysFrom(ctx, indexSpace, p.prefix, p.from, postingStep)
		if err != nil {
			return 0, cost, err
		}
		for _, kv := range kvs {
			if newest, ok := newestOf(kv.Key); ok {
				seqs, _ := unpackSeqs(newest, kv.Value)
				p.ahead = append(p.ahead, seqs...)
			}
			p.from = kv.Key + "-" // the least letter
		}
		p.done, cost = len(kvs) < postingStep, cost+len(kvs)
	}
}

// stream is the entries that have one of some terms.
type stream []*posting

// seek is as that of posting.
func (s stream) seek(ctx context.Context, r store.Keys, most int64) (int64, int, error) {
	best, total := int64(-1), 0
	for _, p := range s {
		seq, cost, err := p.seek(ctx, r, most)
		if err != nil {
			return 0, total, err
		}
		best, total = max(best, seq), total+cost
	}
	return best, total, nil
}

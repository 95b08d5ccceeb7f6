package record

import (
	"context"

	"concord/store"
)

// ahead looks up at once under which identifiers the creates of a transaction look for
// what may be there already. Of a load hardly any is filed, and where none is nothing
// matches: the others are asked one by one. A condition that cannot be read is left to
// who asks it.
func (p *plan) ahead(ctx context.Context, r store.Reader) error {
	if len(p.drafts) < fewConditions {
		return nil
	}
	type asked struct {
		name string
		many int // hashes
	}
	var all []asked
	var hashes []uint64
	s := p.desk.searches()
	for _, dr := range p.drafts {
		if dr.op.Kind != Create || dr.op.IfNoneExist == "" {
			continue
		}
		q, err := p.desk.condition(dr.op.Type, dr.op.IfNoneExist)
		if err != nil {
			continue
		}
		if idents := s.asks.Identifiers(q); len(idents) > 0 {
			hashes = append(hashes, idents...)
			all = append(all, asked{conditionName(dr.op.Type, dr.op.IfNoneExist), len(idents)})
		}
	}
	found, err := r.FindIdents(ctx, hashes, 1)
	if err != nil {
		return err
	}
	p.unmet = make(map[string]bool, len(all))
	for _, a := range all {
		none := true
		for _, filed := range found[:a.many] {
			none = none && len(filed) == 0
		}
		found = found[a.many:]
		if none {
			p.unmet[a.name] = true
		}
	}
	return nil
}

// fewConditions are looked up one by one.
const fewConditions = 4

func conditionName(typ, query string) string { return typ + "?" + query }

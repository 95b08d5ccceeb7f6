package record

import (
	"context"
	"strings"

	"concord/record/access"
	"concord/store"
)

// movedSpace holds, for what a move made, what it was before: keys of the form
// "Encounter/new/Encounter/old". What still refers to the old id is found by it.
const movedSpace = "moved-from"

// maxFormer bounds the former ids of one resource that a search asks for.
const maxFormer = 32

// notePast keeps what each resource of a move was, in its commit.
func (p *plan) notePast(ctx context.Context, tx store.Tx) error {
	for _, dr := range p.drafts {
		if !dr.op.refiled || dr.body == nil {
			continue
		}
		to := movedTo(dr.body)
		if to == "" {
			continue
		}
		if err := tx.SetKey(ctx, movedSpace, store.KeyValue{Key: to + "/" + dr.op.Type + "/" + dr.id, Value: []byte{1}}); err != nil {
			return err
		}
	}
	return nil
}

// former lists the references by which a resource was known before it was
// moved, itself first. In a store without moves nothing is asked for.
func (s *searching) former(ctx context.Context, ref string) ([]string, error) {
	out := []string{ref}
	if some, err := s.anyMoves(ctx); !some || err != nil {
		return out, err
	}
	seen := map[string]bool{ref: true}
	for i := 0; i < len(out) && len(out) < maxFormer; i++ {
		rows, err := s.r.ListKeys(ctx, movedSpace, out[i]+"/", maxFormer)
		if err != nil {
			return nil, err
		}
		for _, kv := range rows {
			if was := strings.TrimPrefix(kv.Key, out[i]+"/"); !seen[was] {
				seen[was] = true
				out = append(out, was)
			}
		}
	}
	return out, nil
}

// anyMoves tells whether anything was ever moved in this store, asked once.
func (s *searching) anyMoves(ctx context.Context) (bool, error) {
	if s.moves == nil {
		some, err := s.r.ListKeys(ctx, movedSpace, "", 1)
		if err != nil {
			return false, err
		}
		any := len(some) > 0
		s.moves = &any
	}
	return *s.moves, nil
}

// Formerly lists the references by which a resource was known before it was moved.
// Errors: Denied.
func (e *Errand) Formerly(ctx context.Context, it *Item) ([]string, error) {
	var out []string
	err := e.read(ctx, access.Read, it.Type, func(r store.Reader, v *sight, t *trace) error {
		t.what, t.records = []string{it.Ref() + " before it was moved"}, e.desk.recordIDs(it.key)
		refs, err := (&searching{desk: e.desk, r: r, v: v}).former(ctx, it.Ref())
		if err == nil {
			out = refs[1:]
		}
		return err
	})
	return out, err
}

package record

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
)

// StandingTold is a standing seal as it is told to who asks why something is closed:
// whose it is, since when, by whose decision and why; never which code it names.
type StandingTold struct {
	Ref   string    `json:"ref"` // its Consent
	Org   string    `json:"org"`
	Label string    `json:"label"` // "sealed", "locked"
	Teams []string  `json:"teams,omitempty"`
	Since time.Time `json:"since"`
	Who   string    `json:"who,omitempty"` // "ORG/user"; "" when a client wrote it
	Why   string    `json:"why,omitempty"`
}

// sealsTold are the standing seals whose labels are on a resource of a human; without
// one ("") all that hold.
func (s *sight) sealsTold(ctx context.Context, h *human, ref string) ([]StandingTold, error) {
	out, on := []StandingTold{}, []string(nil)
	if ref != "" {
		typ, id, _ := strings.Cut(ref, "/")
		doc, err := s.desk.fetch(ctx, s.r, typ, id)
		if err != nil || doc.Deleted || access.KindOf(typ) != access.Clinical {
			return out, nil
		}
		m, err := s.ownMarks(doc, typ)
		if err != nil {
			return out, err
		}
		on = m.Standing
	}
	for _, seal := range h.all.seals {
		if ref != "" && !slices.Contains(on, seal.ID) {
			continue
		}
		doc, err := s.desk.fetch(ctx, s.r, "Consent", seal.ID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return out, err
		}
		it, err := s.desk.item(doc)
		if err != nil {
			return out, err
		}
		told := StandingTold{Ref: it.Ref(), Org: seal.Org, Label: seal.Label.String(), Teams: seal.Teams, Since: datedOr(it)}
		row, err := s.decisionOf(ctx, it)
		if err != nil {
			return out, err
		}
		told.Who, told.Why = row.Who, row.Why
		out = append(out, told)
	}
	return out, nil
}

// decisionOf is the decision that made a standing seal, none when a client wrote it.
func (s *sight) decisionOf(ctx context.Context, it *Item) (MarkKept, error) {
	prefix := s.desk.ids.encodePK(it.key.PK) + "|"
	rows, err := s.r.ListKeys(ctx, markSpace, prefix, mostMarks)
	if err != nil {
		return MarkKept{}, err
	}
	for _, kv := range rows {
		if !strings.HasPrefix(kv.Key, prefix) {
			break
		}
		row, err := readMark(kv)
		if err != nil {
			return MarkKept{}, err
		}
		if row.Standing == it.Ref() {
			return row, nil
		}
	}
	return MarkKept{}, nil
}

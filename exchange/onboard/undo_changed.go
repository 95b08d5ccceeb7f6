package onboard

import (
	"context"
	"net/url"
	"strings"

	"concord/record"
)

// changedSince names the resources of a load that have lost its tag, since a feed
// wrote them anew: they are found by their rows' keys, and told by their history.
// It is asked only where not everything that the load created is accounted for.
func (u *undoer) changedSince(ctx context.Context, s *Stage, x *Extract, l *Loading) error {
	created := int64(0)
	for _, c := range l.Classes {
		created += c.Created
	}
	told := int64(len(u.out.Kept))
	for _, n := range u.out.Removed {
		told += n
	}
	for _, n := range u.out.Restored {
		told += n
	}
	if told >= created {
		return nil
	}
	numbers, err := x.Numbers()
	if err != nil {
		return err
	}
	for _, c := range Layout() {
		if err := u.changedOf(ctx, s, x, &c, numbers); err != nil {
			return err
		}
	}
	return nil
}

func (u *undoer) changedOf(ctx context.Context, s *Stage, x *Extract, c *Class, numbers Numbers) error {
	tokens := map[string][]string{} // by type
	system := IdentifierSystem(x.Trust, c.Name)
	look := func(typ string) error {
		ask := record.Asked{Types: []string{typ}, Form: url.Values{"identifier": {strings.Join(tokens[typ], ",")}, "_count": {"1000"}}}
		tokens[typ] = tokens[typ][:0]
		found, err := u.errand.Search(ctx, ask)
		if err != nil {
			return err
		}
		for _, it := range found.Matches {
			if err := u.nameChanged(ctx, it); err != nil {
				return err
			}
		}
		return nil
	}
	for row, err := range x.Rows(c.Name) {
		if err != nil {
			return err
		}
		m := &maker{trust: x.Trust, load: u.out.Load, zone: s.zone(), class: c, fields: row.fields, numbers: numbers}
		typ := m.resource().Type()
		if tokens[typ] = append(tokens[typ], system+"|"+searchEscaped(m.name())); len(tokens[typ]) == lookAtOnce {
			if err := look(typ); err != nil {
				return err
			}
		}
	}
	for typ, list := range tokens {
		if len(list) == 0 {
			continue
		}
		if err := look(typ); err != nil {
			return err
		}
	}
	return nil
}

// nameChanged names a resource that the load wrote in a version that is not the
// last, unless it is named.
func (u *undoer) nameChanged(ctx context.Context, it *record.Item) error {
	if it.Version == 1 || u.named[it.Ref()] {
		return nil
	}
	past, err := u.errand.History(ctx, record.AskedHistory{Type: it.Type, ID: it.ID, Count: record.MaxCount})
	if err != nil {
		return err
	}
	oldest := -1
	for i, v := range past.Versions {
		if !v.Deleted && cameWith(v, u.out.Load) {
			oldest = i
		}
	}
	if oldest < 0 {
		return nil
	}
	if now, before := past.Versions[0], past.Versions[oldest+1:]; len(before) > 0 && now.Feed == u.errand.Who().ID { // it was restored, before the undo was stopped
		if same, err := sameContent(now, before[0]); err != nil || same {
			return err
		}
	}
	u.keep(it, "changed")
	return nil
}

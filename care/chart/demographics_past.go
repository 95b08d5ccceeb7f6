package chart

import (
	"sort"

	"concord/record"
)

// Saying is a change in what one trust says of the person.
type Saying struct {
	When When
	Org  Organisation
	What string
	Was  string // "" = nothing before
	Now  string // "" = nothing any more
}

// Sayings reads from the versions of the trusts' entries who said what when, the
// newest first. What an entry said when it was registered is one change each.
func (l Lens) Sayings(versions []*record.Item) []Saying {
	byEntry := map[string][]*record.Item{}
	for _, v := range versions {
		if !v.Deleted && v.Resource != nil {
			byEntry[v.ID] = append(byEntry[v.ID], v)
		}
	}
	var out []Saying
	for _, list := range byEntry {
		sort.Slice(list, func(i, j int) bool { return list[i].Version < list[j].Version })
		said := map[string]string{}
		for _, v := range list {
			for _, f := range l.facts() {
				now := f.of(v.Resource)
				if now != said[f.label] {
					out = append(out, Saying{When: l.Moment(v.Updated), Org: l.Orgs(v.Org), What: f.label, Was: said[f.label], Now: now})
					said[f.label] = now
				}
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if !a.When.At.Equal(b.When.At) {
			return a.When.At.After(b.When.At)
		}
		return a.Org.Code+a.What < b.Org.Code+b.What
	})
	return out
}

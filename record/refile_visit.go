package record

import (
	"slices"

	"concord/standard/fhir"
)

// absorbed tells a visit that becomes one with another.
func (m *move) absorbed(it *Item) bool {
	return m.ask.Goes != "" && it.Type == "Encounter" && slices.Contains(m.ask.Refs, it.Ref())
}

// mergesHere makes visits of one entry one: what names the one that goes names the
// other, and keeps its id; the one that goes leads there. What another organisation has
// filed stays as it is: the old id leads on.
func (m *move) mergesHere() []Op {
	var ops []Op
	for _, it := range m.movables {
		if m.absorbed(it) {
			ops = append(ops, m.leaves(it))
			continue
		}
		changed := false
		body := fhir.Rewrite(it.Resource, func(ref string) string {
			if !slices.Contains(m.ask.Refs, ref) {
				return ref
			}
			changed = true
			return m.ask.Goes
		})
		if changed {
			ops = append(ops, Op{Kind: Update, Type: it.Type, ID: it.ID, IfMatch: it.Version, Key: m.key(it), Resource: withoutKeys(body.Without("id"))})
		}
	}
	return ops
}

package fhir

// Join returns an object with the members of v followed by those of w; names
// must not repeat.
func (v *Value) Join(w *Value) *Value {
	out := &Value{kind: Object, members: make([]Member, 0, v.Len()+w.Len())}
	out.members = append(out.members, v.members...)
	if w != nil {
		out.members = append(out.members, w.members...)
	}
	return out
}

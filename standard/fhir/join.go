package fhir

// Join returns an object with the members of v followed by those of w; names
// must not repeat.
func (v *Value) Join(w *Value) *Value {
	all := make([]Member, 0, v.Len()+w.Len())
	all = append(all, v.list()...)
	if w != nil {
		all = append(all, w.list()...)
	}
	out := holder(Object, all)
	return &out
}

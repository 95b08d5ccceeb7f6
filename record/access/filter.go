package access

// Filter says which documents may be seen or written, one by one: by type, as
// a client's scopes have it, and by what is known of the document and of its
// patient. The zero Filter lets nothing pass.
type Filter struct {
	table  *table
	scoped bool            // what is covered is said by a client's scopes (types, all) or an app's (scopes, all)
	types  map[string]bool //
	all    bool

	limited bool       // an app acts: its scopes decide on each document too
	letter  byte       // of cruds, for the action that was decided on
	scopes  []AppScope // that grant it
}

// Outcome is what becomes of one document.
type Outcome struct {
	Shown   bool
	Known   bool   // not shown, and it may be said that something is there
	Contact bool   // address, telephone, next of kin and GP may be shown
	Alert   bool   // the privacy officer is told
	Rule    string // the policy that spoke
}

// covers tells whether scopes grant a type; "" = any at all.
func (f Filter) covers(typ string) bool {
	if !f.scoped || f.all {
		return true
	}
	if typ == "" {
		return len(f.types) > 0 || len(f.scopes) > 0
	}
	return f.types[typ] || f.limited && f.names(typ)
}

// Type tells whether any document of a type may pass.
func (f Filter) Type(typ string) bool {
	if f.table == nil || typ == "" || !f.covers(typ) {
		return false
	}
	k := KindOf(typ)
	return f.table.best(k) != "" || k == Clinical && f.table.best(Unassigned) != ""
}

// Knows tells whether a client may know of a person at all, whatever types its
// scopes name.
func (f Filter) Knows(facts Facts) bool {
	return f.table != nil && f.table.look(Target{Kind: Demographics, Facts: facts}).Shown
}

// Look tells what becomes of a document of a type.
func (f Filter) Look(typ string, t Target) Outcome {
	if f.table == nil || !f.covers(typ) {
		return Outcome{}
	}
	return f.table.look(t)
}

package search

import "concord/standard/fhir"

// attached files which Binaries a resource leads to with its Attachments: as a term,
// by which records are found, and in the token column, by which it is found in one.
func (x *Extractor) attached(e *Entries, resource *fhir.Value) {
	for _, ref := range fhir.AttachedTo(resource) {
		e.Terms = append(e.Terms, x.term("attached", ref))
		e.Tokens = append(e.Tokens, x.hash.Token("attached", ref))
	}
}

// Attached are the terms and the tokens of what leads to a Binary ("Binary/…"), however
// its address is written.
func (x *Extractor) Attached(ref string) (terms []uint64, tokens []uint32) {
	for _, spelled := range x.spelled(ref) {
		terms = append(terms, x.term("attached", spelled))
		tokens = append(tokens, x.hash.Token("attached", spelled))
	}
	return terms, tokens
}

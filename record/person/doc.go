// Package person is the master index: which patient entries of which trusts
// are one human being.
//
// A person exists from the first entry on and keeps its id for ever. Entries
// join one person when a well-formed NHS number and a demographic check agree
// (date of birth, and name or sex), or when a trust says that two of its
// numbers are one patient (ADT A34, A40). The same NHS number on conflicting
// demographics is never joined: it goes to the stewards' list.
//
// It never deletes and never re-keys: a join is a row in the links, the
// younger person's id redirects to the older, and the past can be asked.
//
// Spec: shared rules in docs/architecture/life-of-a-merge.md; NHS number check
// digit as in package uk.
package person

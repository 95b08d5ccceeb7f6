// Package downtime brings the downtime log into the record: what wards wrote down
// between the freeze of the old system and the go-live, typed into a CSV file.
//
// Each row says when it happened and who did it; in the record it stands at that
// time, with that name, and is marked as entered late, with who entered it and
// when. A row is there once, however often the file is entered; a row that cannot
// be entered is told with its reason, and the others are.
//
// It never changes what is there, and puts no value of a patient into an error or a
// log. Columns: docs/operate/join.md. Specification: issue 6.
package downtime

package record

import (
	"time"

	"concord/record/access"
	"concord/record/person"
)

// Section asks for one kind of resource within a chart.
type Section struct {
	Type string // resource type
	// Where is a FHIR search query without the patient, such as
	// "category=vital-signs&status=final,amended"; "" = all.
	Where string
	// Newest bounds the section to the most recent by leading date; 0 = all.
	Newest int
}

// ChartQuery asks for parts of one record.
type ChartQuery struct {
	Sections []Section
	AsAt     time.Time // zero = now
}

// Chart is the answer: one snapshot of one person's record (or of one trust's
// entry, when the id named an entry).
type Chart struct {
	Person   Person
	Sections [][]*Item // in the order asked; newest leading date first
	// Withheld tells, by section, that the section is kept back as a whole.
	Withheld []bool
	// Kept counts what is kept back of the whole record and may be known to be
	// there. It is the same whatever is asked for, so that nobody can find out
	// what it is by asking.
	Kept int
	// Standing is how the requester stands to the patient.
	Standing Standing
	AsAt     time.Time // zero = now
	Change   int64     // change number that was seen
}

// Standing is what a requester has to do with a patient.
type Standing struct {
	Tie    access.Tie
	Glass  time.Time // when the broken glass closes; zero = it is not broken
	Closed bool      // clinical content is kept back for want of a relationship
	// Restricted tells that address, telephone and GP are kept back.
	Restricted bool
}

// Person is the human whose record it is, seen through the trusts' entries.
type Person struct {
	ID      string   // permanent id of the person; differs from the id asked for when that was superseded or named an entry
	Entry   string   // the entry's id when the chart is of one entry alone, else ""
	Entries []*Item  // the trusts' Patient resources, the best demographics first; none when the filter keeps them back
	Former  []string // superseded person ids that redirect here
}

// Best is the Patient resource whose demographics are shown: the newest of a
// verified NHS number, else the newest.
func (p *Person) Best() *Item {
	if len(p.Entries) == 0 {
		return nil
	}
	return p.Entries[0]
}

// Golden is the best of what the entries say, with its sources: numbers are
// places in Entries.
func (p *Person) Golden() person.Golden {
	told := make([]person.Told, 0, len(p.Entries))
	for _, it := range p.Entries {
		told = append(told, person.Told{Patient: it.Resource, At: it.Updated})
	}
	return person.GoldenOf(told)
}

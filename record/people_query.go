package record

// PeopleQuery is what somebody typed to find a person: an NHS number with or
// without spaces, a hospital number with or without the trust's code before
// it, or name parts and a date or year of birth in any order ("okonkwo
// 14/3/48", "okonkwo ada 1948").
type PeopleQuery struct {
	Text  string
	Limit int // 0 = 50
}

// People is the answer.
type People struct {
	Hits []Hit
	// TooMany tells that more matched than may be shown: the words are too
	// few, not the list too short.
	TooMany bool
	// Read says how the text was understood, to be shown above the hits:
	// "NHS number", "Hospital number", "Name and date of birth", "Name".
	Read string
}

// Hit is one person found, with what tells people apart.
type Hit struct {
	Person  Person
	Numbers []HospitalNumber
	// Score is how well a person agrees with particulars, 0 to 1; 0 when found
	// otherwise.
	Score float64
}

// HospitalNumber is a trust's own number for its patient.
type HospitalNumber struct{ Trust, Number string }

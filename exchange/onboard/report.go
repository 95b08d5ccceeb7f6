package onboard

import "time"

// Report is the quality of an extract's data: counts and codes, no value of any
// patient. What is shown of catalogues are the codes of wards, clinics and tests.
type Report struct {
	Extract  string    `json:"extract"`
	Trust    string    `json:"trust"`
	Source   string    `json:"source"`
	Taken    time.Time `json:"taken"`
	Trial    int       `json:"trial"`
	Parts    int       `json:"parts"`
	Profiled time.Time `json:"profiled"`
	Seconds  float64   `json:"seconds"`

	Rows     int64         `json:"rows"`     // read from the source
	Refused  int64         `json:"refused"`  // of them
	Loadable int64         `json:"loadable"` // accepted, and the newest of their key
	Classes  []ClassReport `json:"classes"`
	// Unread are resources and messages that cannot be read, and so are of no class;
	// nil = there are none.
	Unread   *Unread   `json:"unread,omitempty"`
	Problems []Problem `json:"problems"` // of all steps
	// Numbering is how numbers fit the forms of the joiner's org pack; nil = it had
	// none. A column that holds no number is left out.
	Numbering []NumberCheck `json:"numbering,omitempty"`
	Waiting   Waiting       `json:"waiting"`
}

// Unread counts what is of no class.
type Unread struct {
	Rows    int64 `json:"rows"`
	Refused int64 `json:"refused"` // of them, those that are still to be mended
}

// count takes in what could not be read of an extract.
func (r *Report) count(x *Extract) error {
	rows, open, err := x.units()
	if err != nil || rows == 0 {
		return err
	}
	r.Unread = &Unread{rows, open}
	r.Rows, r.Refused = r.Rows+rows, r.Refused+open
	return nil
}

// ClassReport is one class of an extract.
type ClassReport struct {
	Class    string         `json:"class"`
	Rows     int64          `json:"rows"`
	Refused  int64          `json:"refused"`
	Mended   int64          `json:"mended"` // rows whose place one of a later part took
	Loadable int64          `json:"loadable"`
	Columns  []ColumnReport `json:"columns,omitempty"`
}

// ColumnReport is one column.
type ColumnReport struct {
	Column string  `json:"column"`
	Filled int64   `json:"filled"`
	Share  float64 `json:"share"` // of the rows that were accepted
	// Earliest and Latest are the range of a day; Heaps are the days that more
	// than one in fifty rows share, as a default of the source does.
	Earliest string    `json:"earliest,omitempty"`
	Latest   string    `json:"latest,omitempty"`
	Heaps    []Counted `json:"heaps,omitempty"`
	// Codes are the commonest codes of a catalogue; Distinct is how many there
	// are, at most 10,000.
	Codes    []Counted `json:"codes,omitempty"`
	Distinct int       `json:"distinct,omitempty"`
}

// Counted is a value of a catalogue, or a day, with its rows.
type Counted struct {
	Value string `json:"value"`
	Rows  int64  `json:"rows"`
}

// Waiting is how the waiting lists agree with the events of their pathways.
type Waiting struct {
	Pathways int64 `json:"pathways"` // with events
	Running  int64 `json:"running"`  // whose clock runs when the extract was taken
	Listed   int64 `json:"listed"`   // rows of the waiting lists
	Equal    int64 `json:"equal"`    // of them: start, status and weeks as the events say
	// Differ counts rows of the waiting lists by what differs: start, status,
	// weeks, clock (there is none), stopped (the clock does not run), twice (two
	// rows for one pathway).
	Differ map[string]int64 `json:"differ,omitempty"`
	// Unlisted are clocks that run and are on no list: patients who wait and
	// nobody sees.
	Unlisted int64 `json:"unlisted"`
	// Findings counts what does not add up in the events, by code of
	// standard/uk.
	Findings map[string]int64 `json:"findings,omitempty"`
}

const (
	reportFile  = "profile.json"
	waitingFile = "waiting.csv"
)

// Report gives what an extract's profile found; nil before it was profiled.
func (x *Extract) Report() (*Report, error) {
	if !x.exists(reportFile) {
		return nil, nil
	}
	var r Report
	return &r, readJSON(x.path(reportFile), &r)
}

package reconcile

import "time"

// Format names the form of a report; a report of another form is not verified.
const Format = "concord-reconciliation/3"

// Report is what a load came to. It holds counts, codes of catalogues and source
// keys, and no value of any patient.
type Report struct {
	Format  string    `json:"format"`
	Trust   string    `json:"trust"`
	Source  string    `json:"source"`
	Extract string    `json:"extract"`
	Trial   int       `json:"trial"`
	Parts   int       `json:"parts"`
	Taken   time.Time `json:"taken"` // when the extract was taken
	Load    string    `json:"load"`
	Base    string    `json:"base,omitempty"` // the load that this one is a delta of
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`

	Classes      []ClassCount `json:"classes"`
	Unread       int64        `json:"unread,omitempty"` // resources and messages that could not be read, and were not mended
	Safety       []Safety     `json:"safety"`           // allergies, active medicines
	Clocks       Clocks       `json:"clocks"`
	Lists        Lists        `json:"waitingLists"`
	Appointments Appointments `json:"appointments"`
	Beds         Beds         `json:"beds"`
	Documents    Documents    `json:"documents"`
	NotHeld      []NotHeld    `json:"notHeld,omitempty"`
	Sample       []Sampled    `json:"sample"`
	Differences  []Difference `json:"differences"`
	// Unlisted counts differences beyond those that are listed, by what they are.
	Unlisted map[string]int64 `json:"unlisted,omitempty"`

	Checked  []Attestation `json:"checked"`  // of the sample, by clinicians
	Accepted []Acceptance  `json:"accepted"` // what somebody takes on
	Blocks   []Block       `json:"blocks"`   // what stands against the go
	Go       bool          `json:"go"`

	listed map[string]int // differences, by what they are
}

// ClassCount is one class on both sides.
type ClassCount struct {
	Class    string `json:"class"`
	Source   int64  `json:"source"`   // rows of the source
	Refused  int64  `json:"refused"`  // of them, when staged and profiled
	Loadable int64  `json:"loadable"` // rows of the stage that a load takes
	Record   int64  `json:"record"`   // of those, found in the record
	Loaded   int64  `json:"loaded"`   // of those, written by this load
	Before   int64  `json:"before"`   // there before the load: by a feed, or an earlier load
	Equal    int64  `json:"equal"`
	Differ   int64  `json:"differ"`
	Absent   int64  `json:"absent"`
	Extra    int64  `json:"extra"`   // with this load, of no row of the stage
	Doubled  int64  `json:"doubled"` // more than one for a row
	// Gone are rows of the base that the extract of a delta has no longer: they stay
	// in the record until somebody looks at them.
	Gone int64 `json:"gone,omitempty"`
	// Refiled are rows of a delta that the load has moved from another patient's record,
	// since the source files them otherwise now.
	Refiled int64 `json:"refiled,omitempty"`
	// SourceHash and RecordHash are the sums, modulo 2^256, of the SHA-256 of each
	// row's key and content: the order of rows makes no difference.
	SourceHash string `json:"sourceHash"`
	RecordHash string `json:"recordHash"`
}

// Safety is what must be whole: every row of the source is in the record, and
// says the same.
type Safety struct {
	What    string `json:"what"` // alerts, medicines
	Rows    int64  `json:"rows"` // of the stage; of medicines the active ones
	Equal   int64  `json:"equal"`
	Refused int64  `json:"refused"` // rows that did not come so far
}

// Clocks are those of referral-to-treatment pathways, worked out from the events
// of the stage and from those of the record.
type Clocks struct {
	Pathways int64            `json:"pathways"`
	Running  int64            `json:"running"`
	Equal    int64            `json:"equal"`
	Differ   map[string]int64 `json:"differ,omitempty"` // start, status, weeks, clock
}

// Lists hold the source's account of each clock, as it is in the record, against
// the clock that the events in the record come to.
type Lists struct {
	Listed   int64            `json:"listed"`
	Equal    int64            `json:"equal"`
	Differ   map[string]int64 `json:"differ,omitempty"` // start, status, weeks, clock, stopped, twice
	Unlisted int64            `json:"unlisted"`         // clocks that run and are on no list
}

// Appointments are future ones against the clinics and sessions of the org pack.
type Appointments struct {
	Pack   bool             `json:"pack"` // there is an org pack
	Booked int64            `json:"booked"`
	InSlot int64            `json:"inSlot"`
	Out    map[string]int64 `json:"out,omitempty"` // by why
	Shared int64            `json:"shared"`        // more than one in a slot
}

// Beds are open stays against the beds of the org pack and, where it was given,
// the state of beds as the wards told it.
type Beds struct {
	Pack    bool  `json:"pack"`
	Told    bool  `json:"told"` // the wards' own account was given
	Open    int64 `json:"open"` // stays that have not ended and name a bed
	Shared  int64 `json:"shared"`
	Unknown int64 `json:"unknown"` // beds that the pack has not
	Empty   int64 `json:"empty"`   // a stay in a bed that the ward calls empty
	Nobody  int64 `json:"nobody"`  // beds that the ward calls occupied, without a stay
}

// Documents are those that are final and have not reached who they are for.
type Documents struct {
	Unsent int64 `json:"unsent"` // in the source
	Marked int64 `json:"marked"` // of them, marked as such in the record
}

// NotHeld is a column of the source that the layout does not know, and so the
// record does not hold.
type NotHeld struct {
	File   string `json:"file"`
	Column string `json:"column"`
	Rows   int64  `json:"rows"` // of the file
}

// Difference is one thing that is not as it should be, by its key in the source.
type Difference struct {
	What    string   `json:"what"`
	Class   string   `json:"class"`
	Key     string   `json:"key"`
	Columns []string `json:"columns,omitempty"` // that differ, without their values
	Code    string   `json:"code,omitempty"`    // why, where one is known
}

// What a difference is.
const (
	Absent      = "absent"     // a row of the stage that is not in the record
	Extra       = "extra"      // a resource of the load without a row
	Gone        = "gone"       // a row of the base that is no longer in the source
	Refiled     = "refiled"    // a row that lay with another patient before the load
	Doubled     = "doubled"    // more than one resource for a row
	Differs     = "differs"    // they do not say the same
	Clock       = "clock"      // the clocks of a pathway are not the same
	Listed      = "listed"     // a waiting list does not say what the events come to
	NotListed   = "not-listed" // a clock runs and is on no list
	OutOfSlot   = "slot"       // an appointment that is in no slot
	InSharedBed = "shared-bed"
	NoSuchBed   = "no-such-bed"
	EmptyBed    = "empty-bed"  // a stay in a bed that is said to be empty
	NobodyThere = "nobody"     // an occupied bed without a stay
	NotMarked   = "not-marked" // an unsent document that the record takes for sent
	NotSent     = "unsent"     // a document that has to be sent
)

// Sampled is one row for a clinician to check against the source's screen.
type Sampled struct {
	N       int    `json:"n"`
	Class   string `json:"class"`
	Key     string `json:"key"`
	Patient string `json:"patient"` // the patient's key
	Why     string `json:"why"`     // "at random", or what makes it risky
}

// Attestation is what a clinician found of one row of the sample.
type Attestation struct {
	N      int       `json:"n"`
	By     string    `json:"by"`
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
	Agrees bool      `json:"agrees"`
	Words  string    `json:"words,omitempty"` // what differs
}

// Acceptance is that somebody takes a block on, with words that say why.
type Acceptance struct {
	Code  string    `json:"code"`
	Rows  int64     `json:"rows"` // as many as there were; more are not taken on
	By    string    `json:"by"`
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	Words string    `json:"words"`
}

// Block is what stands against the go.
type Block struct {
	Code string `json:"code"`
	Rows int64  `json:"rows"`
	// Acceptable tells that somebody may take it on. Nobody may where allergies,
	// active medicines or clocks are not equal, or the sample is not checked.
	Acceptable bool `json:"acceptable"`
	Accepted   bool `json:"accepted"`
}

// maxListed is how many differences of a kind a report lists.
const maxListed = 1000

// differ lists a difference, or counts it where too many are listed.
func (r *Report) differ(d Difference) {
	if r.listed == nil {
		r.listed = map[string]int{}
	}
	kind := d.What + "/" + d.Class
	if r.listed[kind]++; r.listed[kind] <= maxListed {
		r.Differences = append(r.Differences, d)
		return
	}
	if r.Unlisted == nil {
		r.Unlisted = map[string]int64{}
	}
	r.Unlisted[kind]++
}

// class finds the counts of a class.
func (r *Report) class(name string) *ClassCount {
	for i := range r.Classes {
		if r.Classes[i].Class == name {
			return &r.Classes[i]
		}
	}
	r.Classes = append(r.Classes, ClassCount{Class: name})
	return &r.Classes[len(r.Classes)-1]
}

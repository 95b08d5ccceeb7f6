package extract

// Faults are the shares of rows with something planted in them. The zero value
// plants nothing.
type Faults struct {
	Shifted   float64 // a field of a patient is lost, and those after it move
	Broken    float64 // an open quotation mark
	Future    float64 // a result that was taken after the extract
	Orphan    float64 // a row of a patient who is not there
	Twice     float64 // a patient's number on a second person
	Repeated  float64 // the same row again
	Mojibake  float64 // a name that was read in the wrong encoding
	NoBirth   float64 // a patient without a date of birth
	LateClock float64 // a waiting list that starts a clock anew after a transfer or cancellation
	LeftOn    float64 // a clock that has stopped and is still on a list
	Dropped   float64 // a clock that runs and is on no list
	WrongWeek float64 // weeks that are not those since the start
	Unslotted float64 // an appointment when its clinic has no session
	SharedBed float64 // a stay in a bed that somebody lies in
}

// Usual are faults at rates that a joining trust might have: assumed, since
// nobody publishes them; what is known is that such things are found (domain
// notes 1.4).
func Usual() Faults {
	return Faults{Shifted: 0.001, Broken: 0.0002, Future: 0.0005, Orphan: 0.001, Twice: 0.0005, Repeated: 0.001, Mojibake: 0.002, NoBirth: 0.001,
		LateClock: 0.03, LeftOn: 0.02, Dropped: 0.02, WrongWeek: 0.01, Unslotted: 0.05, SharedBed: 0.02}
}

// Planted counts what was planted, by kind, and the rows of each class that
// were written.
type Planted struct {
	Rows      map[string]int `json:"rows"`
	Shifted   int            `json:"shifted"`
	Broken    int            `json:"broken"`
	Future    int            `json:"future"`
	Orphan    int            `json:"orphan"`
	Twice     int            `json:"twice"`    // numbers that two patients have
	Repeated  int            `json:"repeated"` // rows that stand there twice
	Mojibake  int            `json:"mojibake"`
	NoBirth   int            `json:"noBirth"`
	LateClock int            `json:"lateClock"`
	LeftOn    int            `json:"leftOn"`
	Dropped   int            `json:"dropped"`
	WrongWeek int            `json:"wrongWeek"`
	Unslotted int            `json:"unslotted"` // of patients who can be loaded; orphans among them
	SharedBed int            `json:"sharedBed"`
	// Fallen are rows of patients that cannot be loaded, which fall with them;
	// Lost are those of them whose patient's number cannot even be read.
	Fallen int `json:"fallen"`
	Lost   int `json:"lost"`
	// Running are the clocks that run.
	Running int `json:"running"`
}

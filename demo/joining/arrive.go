package joining

import (
	"os"
	"path/filepath"
	"time"

	"concord/demo/extract"
)

// Arrival is an extract that arrives in a stage's inbox.
type Arrival struct {
	Trust    string
	Patients int
	Bad      bool // with faults, and a waiting list that its events do not bear out
	Taken    time.Time
	Name     string // of its folder
}

// Bad are the faults of the first extract: those of every trust, and a waiting
// list that is worse.
func Bad() extract.Faults {
	f := extract.Usual()
	f.LateClock, f.LeftOn, f.Dropped, f.WrongWeek = 0.12, 0.15, 0.08, 0.06
	f.Orphan, f.Shifted, f.Unslotted, f.SharedBed = 0.004, 0.004, 0.15, 0.3
	return f
}

// Mended are those of the second: the waiting list is validated, a few rows are
// still what they were.
func Mended() extract.Faults {
	f := extract.Usual()
	f.LateClock, f.LeftOn, f.Dropped, f.WrongWeek = 0, 0, 0, 0
	f.Orphan, f.Shifted, f.Broken, f.Twice = 0, 0, 0, 0
	f.Unslotted = 0.02
	return f
}

// Write writes the extract into an inbox. It stands there whole or not at all.
func (a Arrival) Write(inbox string) (*extract.Planted, error) {
	o := extract.Options{Trust: a.Trust, Patients: a.Patients, Seed: Seed, Faults: Mended(), Taken: a.Taken, Inpatients: 0.08}
	if a.Bad {
		o.Faults = Bad()
	}
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		return nil, err
	}
	dir := filepath.Join(inbox, "."+a.Name)
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	planted, err := extract.Write(dir, o)
	if err != nil {
		return nil, err
	}
	return planted, os.Rename(dir, filepath.Join(inbox, a.Name))
}

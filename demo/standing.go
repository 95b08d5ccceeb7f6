package demo

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"
)

// Standing is how far a data folder has been seeded. It is kept in a file
// beside the store, so that a second start sends nothing, and one that was
// interrupted goes on.
type Standing struct {
	Seed    uint64    `json:"seed"`
	People  int       `json:"people"`
	Began   time.Time `json:"began"` // what "today" was: the stories hang on it
	Done    bool      `json:"done"`
	Sent    []int     `json:"sent,omitempty"`    // messages accepted, by line
	Parcels int       `json:"parcels,omitempty"` // accepted, in order

	path string
}

// ReadStanding reads the file; without one the seeding begins now.
func ReadStanding(path string, seed uint64, people int, now time.Time) (*Standing, error) {
	s := &Standing{Seed: seed, People: people, Began: now.Truncate(time.Second), path: path}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, err
	}
	s.Began = s.Began.In(now.Location())
	return s, nil
}

// save leaves a whole file or the one before.
func (s *Standing) save() error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(s.path+".new", s.path)
}

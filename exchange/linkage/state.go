package linkage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"concord/fault"
)

// state is what a scratch folder holds, so that a run goes on where one was
// stopped.
type state struct {
	Input   string // fingerprint of what is linked, given by the caller
	Subject int    // size of a subject: another build has another
	Done    []string
	Records int
	First   int // records of the first table; the others are of the second
	Skipped int64
}

func loadState(dir, input string) (*state, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unkept(err)
	}
	s := &state{}
	text, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if os.IsNotExist(err) {
		return &state{Input: input, Subject: subjectSize}, nil
	}
	if err != nil {
		return nil, unkept(err)
	}
	if err := json.Unmarshal(text, s); err != nil || s.Input != input || s.Subject != subjectSize {
		return nil, fault.New(fault.Conflict, "linkage.resume", "the folder %s is of other input, another model or another version: name an empty one", dir)
	}
	return s, nil
}

func (s *state) done(step string) bool { return slices.Contains(s.Done, step) }

func (s *state) save(dir, step string) error {
	s.Done = append(s.Done, step)
	w, err := create(dir, "state.json", 4096)
	if err != nil {
		return err
	}
	defer w.abandon()
	if err := json.NewEncoder(w).Encode(s); err != nil {
		return unkept(err)
	}
	return w.commit()
}

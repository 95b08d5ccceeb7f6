package course

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"concord/exchange/onboard"
	"concord/fault"
)

// inbox is the folder of an organisation's stage in which extracts arrive, each in
// a folder of its own.
const inbox = ".inbox"

// Arrived is an extract of the inbox.
type Arrived struct {
	Name     string
	Manifest onboard.Manifest
	Trial    int    // as which it was staged, 0 = it was not
	Wrong    string // why it cannot be taken in, "" = nothing is known to be wrong
	away     bool   // it leads elsewhere
}

// Inbox are the extracts that have arrived, those taken first before others. A folder
// without a manifest is one that is still arriving, and is left out.
func (o *Office) Inbox(org string) ([]Arrived, error) {
	s, err := o.Stage(org)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(s.Dir, inbox))
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be read")
	}
	list, err := s.Extracts()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Join(s.Dir, inbox)) // who sends extracts puts no link to elsewhere in
	if err != nil {
		return nil, fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be read")
	}
	defer root.Close()
	var out []Arrived
	for _, e := range entries {
		a := Arrived{Name: e.Name(), away: e.Type()&fs.ModeSymlink != 0}
		if a.away {
			a.Wrong = "it is a link: an extract lies in the inbox itself"
			out = append(out, a)
			continue
		}
		text, err := root.ReadFile(filepath.Join(e.Name(), "extract.yaml"))
		if errors.Is(err, fs.ErrNotExist) || err != nil && !e.IsDir() {
			continue
		}
		if err != nil {
			a.Wrong, a.away = "extract.yaml cannot be read, or leads out of its folder", true
			out = append(out, a)
			continue
		}
		if a.Manifest, err = onboard.ParseManifest(text); err != nil {
			a.Wrong = fault.Of(err).Text
		}
		for _, x := range list {
			if slices.Contains(x.From, a.Name) || len(x.From) == 0 && x.Taken.Equal(a.Manifest.Taken) && x.Source == a.Manifest.Source {
				a.Trial = x.Trial
			}
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Arrived) int { return a.Manifest.Taken.Compare(b.Manifest.Taken) })
	return out, nil
}

// takeIn stages an extract of the inbox and profiles it; where an earlier one is
// loaded, it becomes a delta of that. "" is the first that was
// not taken in yet.
func (o *Office) takeIn(ctx context.Context, s *onboard.Stage, name string) error {
	list, err := o.Inbox(s.Trust)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(a Arrived) bool { return a.Name == name || name == "" && a.Trial == 0 && a.Wrong == "" })
	if at < 0 {
		return fault.New(fault.NotFound, "course.inbox", "no such extract has arrived")
	}
	if list[at].away {
		return fault.New(fault.Invalid, "course.inbox", "%s cannot be taken in: %s", list[at].Name, list[at].Wrong)
	}
	x, err := s.Add(ctx, filepath.Join(s.Dir, inbox, list[at].Name), false)
	if err != nil {
		return err
	}
	return o.profile(ctx, s, x)
}

package onboard

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"concord/fault"
)

// GoOn makes a profiled extract a delta of the newest earlier one whose load stands;
// it gives nil when there is none, and the extract is loaded as a whole. It is done
// after every profile: a delta counts until then. Errors: those of MakeDelta.
func (s *Stage) GoOn(ctx context.Context, x *Extract, opt Options) (*Delta, error) {
	base, _, err := s.standsBefore(x)
	if err != nil || base == nil {
		return nil, err
	}
	return s.MakeDelta(ctx, x, base, opt)
}

// standsBefore is the newest extract taken before x whose load stands, with that
// load, whether it is still staged or was dropped; nil when there is none.
func (s *Stage) standsBefore(x *Extract) (*Extract, *Loading, error) {
	list, err := s.loads()
	if err != nil {
		return nil, nil, err
	}
	for _, base := range slices.Backward(list) {
		l, err := base.Loading()
		if err != nil {
			return nil, nil, err
		}
		if l.Loaded() && base.ID != x.ID && base.Taken.Before(x.Taken) {
			return base, l, nil
		}
	}
	return nil, nil, nil
}

// mayLoad refuses to load an extract beside another that stands or is half done: one
// taken later or at the same time is loaded, one is neither loaded nor taken back to its end, or an
// earlier one is loaded and this is no delta of it. What changed at the source since
// would be taken for there already.
func (s *Stage) mayLoad(x *Extract) error {
	list, err := s.loads()
	if err != nil {
		return err
	}
	for _, other := range list {
		l, err := other.Loading()
		switch {
		case err != nil:
			return err
		case other.ID == x.ID || l == nil || l.State == stateUndone:
		case l.State != stateLoaded:
			return fault.New(fault.Conflict, "onboard.half-loaded", "the load of another extract is neither done nor taken back (%s): do either first", l.Load)
		case x.Taken.Before(other.Taken):
			return fault.New(fault.Conflict, "onboard.older-loaded", "an extract that was taken later is loaded (%s): undo that first", l.Load)
		case x.Taken.Equal(other.Taken):
			return fault.New(fault.Conflict, "onboard.same-time-loaded", "another extract that was taken at the same time is loaded (%s): undo that first", l.Load)
		}
	}
	base, l, err := s.standsBefore(x)
	if err != nil || base == nil {
		return err
	}
	if d, err := x.Delta(); err != nil || d != nil && d.Base == base.ID && d.Load == l.Load {
		return err
	}
	return fault.New(fault.Conflict, "onboard.not-delta", "an earlier extract is loaded (%s): profile this one again, so that it goes on from that", l.Load)
}

// mayUndo refuses to take back a load on which that of a later extract stands: what
// the later changed would stay, and nothing could take it back any more.
func (s *Stage) mayUndo(x *Extract) error {
	list, err := s.loads()
	if err != nil {
		return err
	}
	for _, other := range list {
		l, err := other.Loading()
		if err != nil {
			return err
		}
		if other.ID != x.ID && x.Taken.Before(other.Taken) && l != nil && l.State != stateUndone {
			return fault.New(fault.Conflict, "onboard.later-loaded", "the load of a later extract goes on from this one (%s): take that back first", l.Load)
		}
	}
	return nil
}

// goesOn tells whether an extract may be made a delta of a load: its own has not
// begun, or went on from that load. So it is after rows of it were mended, or when
// it was profiled again.
func (l *Loading) goesOn(load string) bool {
	return l == nil || l.Undone() || l.State != stateUndoing && l.Base == load
}

// Drop removes an extract with all that was made of it. While its load stands, what was
// loaded is kept, as hashes, so that later extracts go on from it. Error: Conflict
// "onboard.half-loaded" while its load is neither done nor taken back: nothing could
// finish it.
func (s *Stage) Drop(x *Extract) error {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	l, err := x.Loading()
	if err != nil {
		return err
	}
	if l != nil && l.State != stateLoaded && l.State != stateUndone {
		return fault.New(fault.Conflict, "onboard.half-loaded", "its load is neither done nor taken back (%s): do either first", l.Load)
	}
	if l.Loaded() {
		if err := s.keepLoad(x, l); err != nil {
			return err
		}
	} else if err := os.RemoveAll(filepath.Join(s.Dir, droppedDir, x.ID)); err != nil {
		return unstaged(err)
	}
	return unstaged(os.RemoveAll(x.dir))
}

package sqlite

import "concord/store"

// Updates that are in no hurry (store.Unhurried) have a queue of their own. They run
// when nobody else waits, and share commits with others of their kind. Who comes
// meanwhile waits for the one that runs and no more of them, and shares the commit
// of what has gathered.

func (w *writer) queueOf(req *request) chan *request {
	if req.f != nil && store.IsUnhurried(req.ctx) {
		return w.later
	}
	return w.queue
}

// afterLater is what shares a commit after one that is in no hurry: one that is, even
// when it is time to commit, or the next of its kind.
func (w *writer) afterLater(late bool) *request {
	select {
	case req, open := <-w.queue:
		w.began = w.snap.now()
		return w.shares(req, open)
	default:
	}
	if late {
		return nil
	}
	select {
	case req := <-w.later:
		return req
	default:
		return nil
	}
}

// takeLater runs what waits, at the end.
func (w *writer) takeLater() {
	for {
		select {
		case req := <-w.later:
			w.take(req)
		default:
			return
		}
	}
}

// note tells the folder who shares a commit: those in no hurry come first in one.
func (f *folder) note(batch []*request) {
	f.unhurried = f.unhurried || store.IsUnhurried(batch[0].ctx)
	f.hurried = f.hurried || !store.IsUnhurried(batch[len(batch)-1].ctx)
}

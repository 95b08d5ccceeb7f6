package intake

import (
	"strings"

	"concord/exchange/crosswalk"
	"concord/standard/fhir"
)

// become changes the status and keeps the one before in the history.
func (st *stay) become(status, at string) {
	if st.status == status {
		return
	}
	if st.status != "" {
		start := st.start
		if n := len(st.phases); n > 0 {
			start = st.phases[n-1].end
		}
		st.phases = append(st.phases, phase{st.status, start, at})
	}
	st.status = status
}

// back takes the last change of status away: what it undid is over and done.
// Without a history the status becomes the one given.
func (st *stay) back(otherwise string) {
	if n := len(st.phases); n > 0 {
		st.status, st.phases = st.phases[n-1].status, st.phases[:n-1]
		return
	}
	st.status = otherwise
}

// begin sets the start of the stay where it is known.
func (st *stay) begin(at string) {
	if at != "" {
		st.start = at
	}
}

// samePlace compares by identifier, or by name where there is none. A place that was
// written before its ward's code was mapped, or otherwise, is the same by the code
// that was sent.
func samePlace(a, b *fhir.Value) bool {
	if x, y := a.StrAt("identifier.value"), b.StrAt("identifier.value"); x != "" || y != "" {
		return x == y || placeAsSent(a) == placeAsSent(b)
	}
	return a.StrAt("display") == b.StrAt("display")
}

// placeAsSent is a place by its ward as it was sent.
func placeAsSent(l *fhir.Value) string {
	at := l.StrAt("identifier.value")
	x := fhir.Extension(l, crosswalk.AsSent)
	if x == nil {
		return at
	}
	_, within, below := strings.Cut(at, "/")
	ward := strings.ReplaceAll(x.StrAt("valueCoding.code"), "/", "%2F")
	if !below {
		return ward
	}
	return ward + "/" + within
}

// moveTo ends the places in use and makes p the active one.
func (st *stay) moveTo(p placement, at string) {
	if p.location == nil {
		return
	}
	st.unplan(p)
	for i := range st.places {
		if q := &st.places[i]; q.status == "active" && samePlace(q.location, p.location) {
			return
		}
	}
	st.leave(at)
	p.status, p.start, p.end = "active", at, ""
	st.places = append(st.places, p)
}

// leave ends the places in use or kept.
func (st *stay) leave(at string) {
	for i := range st.places {
		if q := &st.places[i]; q.status == "active" || q.status == "reserved" {
			q.status, q.end = "completed", at
		}
	}
}

// plan adds a place that is to be moved to.
func (st *stay) plan(p placement, at string) {
	if p.location == nil {
		return
	}
	st.unplan(p)
	p.status, p.start = planned, at
	st.places = append(st.places, p)
}

// unplan takes a planned place away; without a place, all of them.
func (st *stay) unplan(p placement) {
	kept := st.places[:0:0]
	for _, q := range st.places {
		if q.status != planned || p.location != nil && !samePlace(q.location, p.location) {
			kept = append(kept, q)
		}
	}
	st.places = kept
}

// unmove undoes the last move: the place that was moved to goes, the one
// before is in use again. The message names both, and its word counts where
// the stored moves are others.
func (st *stay) unmove(to placement) {
	n := len(st.places)
	if n > 0 && st.places[n-1].status == "active" && (to.location == nil || !samePlace(st.places[n-1].location, to.location)) {
		st.places = st.places[:n-1]
	}
	st.reopen(to, "")
}

// reopen makes the last completed place the active one again, unless the
// message names another.
func (st *stay) reopen(to placement, at string) {
	for _, q := range st.places {
		if q.status == "active" {
			return
		}
	}
	for i := len(st.places) - 1; i >= 0; i-- {
		q := &st.places[i]
		if q.status == "completed" && (to.location == nil || samePlace(q.location, to.location)) {
			q.status, q.end = "active", ""
			return
		}
	}
	if to.location != nil {
		to.status, to.start = "active", at
		st.places = append(st.places, to)
	}
}

// mention gives a stay that is only spoken of the state that its times show.
func (st *stay) mention() {
	switch {
	case st.discharged != "":
		st.status, st.end = finished, st.discharged
	case st.admitted != "":
		st.status = inProgress
	}
	st.begin(st.admitted)
	if st.status == inProgress {
		st.moveTo(st.assigned, "")
	}
}

// reclass takes the class of the message and keeps another one from before in
// classHistory.
func (st *stay) reclass(at string) {
	old, class := st.enc.Get("class"), st.class
	if class == nil || old.StrAt("code") == class.StrAt("code") || old != nil && class.StrAt("code") == "UNK" {
		return
	}
	if old != nil && old.StrAt("code") != "UNK" {
		start := st.start
		var all []any
		for h := range st.enc.Get("classHistory").Each() {
			all, start = append(all, h), h.StrAt("period.end")
		}
		all = append(all, fhir.Obj("class", old, "period", period(start, at)))
		st.enc = st.enc.With("classHistory", fhir.Arr(all...))
	}
	st.enc = st.enc.With("class", class)
}

// setExtension sets or, with an empty value, removes a dateTime extension.
func (st *stay) setExtension(url, dateTime string) {
	var all []any
	for e := range st.enc.Get("extension").Each() {
		if e.StrAt("url") != url {
			all = append(all, e)
		}
	}
	if dateTime != "" {
		all = append(all, fhir.Obj("url", url, "valueDateTime", dateTime))
	}
	st.enc = st.enc.With("extension", fhir.Arr(all...))
}

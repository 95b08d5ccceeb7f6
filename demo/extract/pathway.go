package extract

import (
	"fmt"
	"strconv"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// event is one event of a pathway.
type event struct {
	on                    time.Time
	status, kind, outcome string
	start                 time.Time
}

// story is a pathway as it went: its events, where its clock started, and the
// status that counts. A clock that runs has no stop.
type story struct {
	events  []event
	start   time.Time
	status  string
	running bool
}

// pathways writes events and waiting lists: three in ten patients have one.
func (w *writer) pathways() {
	w.pathway = ""
	if !w.chance(0.3) {
		return
	}
	s := w.story()
	n := w.d.IntN(len(w.codes.services))
	id := fmt.Sprintf("%s%012d", w.o.Trust, w.files["pathways"].rows)
	w.pathway = id
	was := w.planted.Orphan
	for _, e := range s.events {
		start := ""
		if !e.start.IsZero() {
			start = on(e.start)
		}
		w.row("pathways", id, on(e.on), e.status, e.kind, e.outcome, "1", "", start, w.o.Trust, w.codes.services[n])
	}
	whole := was == w.planted.Orphan && !w.fallen // what is planted is counted of pathways that are whole
	if s.running && whole {
		w.planted.Running++
	}
	w.listed(s, id, n, whole)
}

// story is how a pathway went. Its clock starts on the day of the referral.
func (w *writer) story() story {
	age := 20 + w.d.IntN(400)
	referred := w.day(age)
	day := func(after int) time.Time { return referred.AddDate(0, 0, min(after, age-1)) }
	first := event{day(age / 5), "10", "first", "attended", referred}
	s := story{start: referred, running: true}
	switch w.d.IntN(8) {
	case 0: // waits for a first appointment
		s.events, s.status = []event{{referred, "20", "other", "attended", referred}}, "20"
	case 1, 2: // seen, goes on
		s.events, s.status = []event{first, {day(age / 2), "20", "follow-up", "attended", time.Time{}}}, "20"
	case 3: // treated
		s.events, s.status, s.running = []event{first, {day(age / 2), "30", "admission", "attended", time.Time{}}}, "30", false
	case 4: // did not attend, rebooked: a new clock
		again := day(age/5 + 4)
		s.events = []event{{day(age / 5), "33", "first", "not-attended", referred}, {day(age/5 + 8), "10", "first", "attended", again}}
		s.start, s.status = again, "10"
	case 5: // watched, then on again
		s.events = []event{first, {day(age / 3), "32", "follow-up", "attended", time.Time{}}, {day(age / 2), "11", "follow-up", "attended", time.Time{}}}
		s.start, s.status = day(age/2), "11"
	case 6: // missed a follow-up: the clock goes on
		s.events, s.status = []event{first, {day(age / 2), "", "follow-up", "not-attended", time.Time{}}}, "20"
	default: // transferred in with its start, and cancelled once
		s.events = []event{first, {day(age / 3), "21", "other", "attended", time.Time{}}, {day(age / 2), "20", "follow-up", "cancelled-patient", referred}}
		s.status = "20"
	}
	return s
}

// listed writes the source's account of a clock, with what is planted in it.
func (w *writer) listed(s story, id string, n int, whole bool) {
	f, p := &w.o.Faults, w.planted
	start, status := s.start, s.status
	weeks := int(w.o.Taken.Sub(start)/(24*time.Hour)) / 7
	count := func(what *int) {
		if whole {
			*what++
		}
	}
	switch u := w.d.Float64(); {
	case !s.running && u < f.LeftOn:
		count(&p.LeftOn)
	case !s.running:
		return
	case u < f.Dropped:
		count(&p.Dropped)
		return
	case u < f.Dropped+f.LateClock:
		start = start.AddDate(0, 0, 3)
		weeks = int(w.o.Taken.Sub(start)/(24*time.Hour)) / 7
		count(&p.LateClock)
	case u < f.Dropped+f.LateClock+f.WrongWeek:
		weeks += 2
		count(&p.WrongWeek)
	}
	lost := w.planted.Orphan
	w.row("waiting", id, on(start), status, itoa(weeks), w.codes.services[n], w.codes.staff[n], "1", on(s.start), "")
	if lost != w.planted.Orphan && whole && s.running { // its row fell: the clock is on no list
		p.Dropped++
		if !start.Equal(s.start) {
			p.LateClock--
		} else if weeks != int(w.o.Taken.Sub(start)/(24*time.Hour))/7 {
			p.WrongWeek--
		}
	} else if lost != w.planted.Orphan && whole {
		p.LeftOn--
	}
}

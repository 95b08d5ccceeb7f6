package reconcile

import (
	"fmt"
	"strings"

	"concord/exchange/onboard/pack"
)

// Words tells what a difference is, without its key.
func (d Difference) Words() string {
	columns := strings.Join(d.Columns, ", ")
	switch d.What {
	case Absent:
		if d.Code != "" {
			return "not in the record: the load refused it (" + d.Code + ")"
		}
		return "not in the record"
	case Extra:
		return "in the record with this load, and of no row"
	case Doubled:
		return "more than once in the record"
	case Gone:
		return "no longer in the source, and still in the record"
	case Refiled:
		return "moved to the patient to whom the source has put it right: the other's record had it"
	case Differs:
		if d.Code != "" {
			return "not the same in " + columns + ": the load refused it (" + d.Code + ")"
		}
		return "not the same in " + columns
	case Clock:
		return "the clocks differ in " + columns
	case Listed:
		return "the list differs from the events in " + columns
	case NotListed:
		return "the clock runs and is on no list"
	case OutOfSlot:
		return "in no slot: " + SlotWords(d.Code)
	case InSharedBed:
		return "two in one bed"
	case NoSuchBed:
		return "a bed that the org pack has not"
	case EmptyBed:
		return "the ward calls the bed empty or closed"
	case NobodyThere:
		return "the ward calls the bed occupied, and there is no stay"
	case NotSent:
		return "has to be sent"
	}
	return d.What
}

// SlotWords tells why an appointment is in no slot of its own.
func SlotWords(code string) string {
	switch code {
	case pack.NotOffered:
		return "the org pack has no such clinic"
	case pack.NoSession:
		return "the clinic has no session then"
	case pack.OffGrid:
		return "it begins between two slots"
	case pack.OverEnd:
		return "it goes on after the session"
	case "shared":
		return "another is at the same time"
	}
	return code
}

// Masked is a report for somebody who may not know who the trust's patients are:
// hospital numbers are left out.
func (r *Report) Masked() *Report {
	out := *r
	out.Differences, out.Sample = nil, nil
	for _, d := range r.Differences {
		if d.Class == "patients" {
			d.Key = ""
		}
		out.Differences = append(out.Differences, d)
	}
	for _, s := range r.Sample {
		if s.Class == "patients" {
			s.Key = ""
		}
		s.Patient = ""
		out.Sample = append(out.Sample, s)
	}
	return &out
}

// Total sums one figure of all classes.
func (r *Report) Total(of func(ClassCount) int64) int64 {
	n := int64(0)
	for _, c := range r.Classes {
		n += of(c)
	}
	return n
}

// Words tells how many appointments are in slot, as far as that is known.
func (a *Appointments) Words() string {
	if !a.Pack {
		return fmt.Sprintf("%d booked; no org pack tells the slots; %d share one", a.Booked, a.Shared)
	}
	return fmt.Sprintf("%d of %d in slot%s; %d share one", a.InSlot, a.Booked, counted(a.Out), a.Shared)
}

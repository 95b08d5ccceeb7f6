package course

import (
	"context"

	"concord/exchange/onboard/reconcile"
)

// Totals are what commissioners see of an organisation: rounded, and small ones
// left out, so that nobody can be told by them.
type Totals struct {
	Org, Name string
	Phase     Phase
	Patients  Total
	Waiting   Total // rows of waiting lists
	Stays     Total // open, with a bed
	Booked    Total // appointments to come
	Unsent    Total // documents
	Known     bool  // a load was reconciled
}

// Total is a number of people or of what concerns them; the zero value is none.
type Total struct{ n int64 }

// Smallest is the least number that is shown.
const Smallest = 10

// Suppressed makes a total of a count: to the nearest five, and none below ten.
func Suppressed(n int64) Total { return Total{n} }

// Shown is the number that may be seen; small tells that there are too few to say
// how many.
func (t Total) Shown() (n int64, small bool) {
	if t.n > 0 && t.n < Smallest {
		return 0, true
	}
	return (t.n + 2) / 5 * 5, false
}

// Totals are those of every organisation that joins or has joined.
func (o *Office) Totals(ctx context.Context) ([]Totals, error) {
	list, err := o.Standings(ctx)
	if err != nil {
		return nil, err
	}
	var out []Totals
	for _, st := range list {
		t := Totals{Org: st.Org, Name: st.Name, Phase: st.Phase}
		r, err := o.lastReport(st.Org)
		if err != nil {
			return nil, err
		}
		if r != nil {
			t.Known = true
			for _, c := range r.Classes {
				if c.Class == "patients" {
					t.Patients = Suppressed(c.Record)
				}
			}
			t.Waiting, t.Stays = Suppressed(r.Lists.Listed), Suppressed(r.Beds.Open)
			t.Booked, t.Unsent = Suppressed(r.Appointments.Booked), Suppressed(r.Documents.Unsent)
		}
		out = append(out, t)
	}
	return out, nil
}

// lastReport is the report of the newest load that stands and was reconciled, nil
// if there is none.
func (o *Office) lastReport(org string) (*reconcile.Report, error) {
	s, err := o.Stage(org)
	if err != nil {
		return nil, err
	}
	list, err := s.Extracts()
	if err != nil {
		return nil, err
	}
	var last *reconcile.Report
	for _, x := range list {
		l, err := x.Loading()
		if err != nil {
			return nil, err
		}
		if !l.Loaded() {
			continue
		}
		r, err := reconcile.Of(x)
		if err != nil {
			return nil, err
		}
		if r != nil && r.Load == l.Load {
			last = r
		}
	}
	return last, nil
}

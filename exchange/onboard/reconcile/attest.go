package reconcile

import (
	"strings"
	"time"
	"unicode/utf8"

	"concord/exchange/onboard"
	"concord/fault"
	"concord/record/access"
)

// said is what people have said of a load, kept beside its extract.
type said struct {
	Checked  []Attestation `json:"checked"`
	Accepted []Acceptance  `json:"accepted"`
}

func saidFile(load string) string { return "said-" + load + ".json" }

// Of is the report of an extract's load with what people have said of it; nil
// before the load was reconciled.
func Of(x *onboard.Extract) (*Report, error) {
	var r Report
	found, err := x.ReadJSON(computedFile, &r)
	if err != nil || !found {
		return nil, err
	}
	return &r, r.with(x)
}

// with puts in what people have said.
func (r *Report) with(x *onboard.Extract) error {
	s, err := saidOf(x, r.Load)
	if err != nil {
		return err
	}
	r.Checked, r.Accepted = s.Checked, s.Accepted
	r.judge()
	return nil
}

func saidOf(x *onboard.Extract, load string) (said, error) {
	s := said{Checked: []Attestation{}, Accepted: []Acceptance{}}
	_, err := x.ReadJSON(saidFile(load), &s)
	return s, err
}

// Check keeps what a clinician found of a row of the sample. The last word on a
// row counts, and earlier ones stay. Errors: Invalid "reconcile.sample",
// "reconcile.words"; Conflict "onboard.busy".
func Check(s *onboard.Stage, x *onboard.Extract, n int, agrees bool, words string, who access.Requester, at time.Time) error {
	words = strings.TrimSpace(words)
	if c := utf8.RuneCountInString(words); c > 200 || !agrees && c == 0 {
		return fault.New(fault.Invalid, "reconcile.words", "say what differs in up to 200 characters")
	}
	return change(s, x, func(r *Report, kept *said) error {
		if n < 1 || n > len(r.Sample) {
			return fault.New(fault.Invalid, "reconcile.sample", "the sample has no such row")
		}
		kept.Checked = append(kept.Checked, Attestation{N: n, By: who.ID, Name: who.Name, At: at.UTC().Truncate(time.Second), Agrees: agrees, Words: words})
		return nil
	})
}

// Accept keeps that somebody takes a block on. Errors: Invalid
// "reconcile.accept", "reconcile.words"; Conflict "onboard.busy".
func Accept(s *onboard.Stage, x *onboard.Extract, code, words string, who access.Requester, at time.Time) error {
	words = strings.TrimSpace(words)
	if c := utf8.RuneCountInString(words); c < 4 || c > 200 {
		return fault.New(fault.Invalid, "reconcile.words", "say why in 4 to 200 characters")
	}
	return change(s, x, func(r *Report, kept *said) error {
		for _, b := range r.Blocks {
			if b.Code == code && b.Acceptable {
				kept.Accepted = append(kept.Accepted, Acceptance{Code: code, Rows: b.Rows, By: who.ID, Name: who.Name, At: at.UTC().Truncate(time.Second), Words: words})
				return nil
			}
		}
		return fault.New(fault.Invalid, "reconcile.accept", "nothing of this kind stands against the go, or nobody may take it on")
	})
}

// change changes what people have said of the load that was reconciled last.
func change(s *onboard.Stage, x *onboard.Extract, do func(*Report, *said) error) error {
	unlock, err := s.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	r, err := Of(x)
	if err != nil {
		return err
	}
	if r == nil {
		return fault.New(fault.Conflict, "reconcile.not-loaded", "the load has not been reconciled yet")
	}
	kept := said{r.Checked, r.Accepted}
	if err := do(r, &kept); err != nil {
		return err
	}
	return x.SaveJSON(saidFile(r.Load), kept)
}

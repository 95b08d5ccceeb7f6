package harmonise

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"concord/exchange/onboard"
	"concord/fault"
)

// Ask is what somebody wants to decide on a code.
type Ask struct {
	Kind  Kind
	Code  string
	Verb  Verb
	To    Coding // of Map
	Why   string
	Owner string
	Until string // YYYY-MM-DD, of Allow
	Who   string // organisation and account
	// Seen is when what they saw was decided; zero = nothing was. Another decision
	// that was made meanwhile is not overwritten.
	Seen time.Time
	// Sure confirms what is easily a mistake: a drug of another substance.
	Sure bool
}

// Decide holds a decision against the rules. Errors: NotFound "build.unknown";
// Invalid "build.target", "build.decision", "build.unit" (values do not convert),
// "build.product" (another strength or release); Conflict "build.look-alike" (a
// drug of another name: Sure is needed), "build.changed" (decided on meanwhile).
func (b *Build) Decide(ask Ask, now time.Time) (*Decision, error) {
	u, ok := b.used(ask.Kind, ask.Code)
	if !ok {
		return nil, fault.New(fault.NotFound, "build.unknown", "neither the extract nor the catalogue has this code")
	}
	x := b.subjectOf(u)
	if was := b.decisions.find(ask.Kind, ask.Code); was != nil && !was.At.Equal(ask.Seen) || was == nil && !ask.Seen.IsZero() {
		return nil, fault.New(fault.Conflict, "build.changed", "somebody has decided on this code meanwhile")
	}
	d := &Decision{Kind: ask.Kind, Code: ask.Code, Name: x.Name, Verb: ask.Verb, Owner: strings.TrimSpace(ask.Owner), Until: ask.Until,
		Made: Made{ask.Who, now.UTC().Truncate(time.Millisecond), strings.TrimSpace(ask.Why)}}
	if utf8.RuneCountInString(d.Why) > maxWords || utf8.RuneCountInString(d.Owner) > maxText/3 {
		return nil, fault.New(fault.Invalid, "build.decision", "give a reason of up to %d characters, and an owner of up to %d", maxWords, maxText/3)
	}
	switch ask.Verb {
	case Map:
		e := b.domain.Find(ask.Kind, ask.To)
		if e == nil {
			return nil, fault.New(fault.Invalid, "build.target", "nothing of that kind runs under this code")
		}
		if err := b.fits(x, e, ask.Sure); err != nil {
			return nil, err
		}
		d.To, d.Owner, d.Until = &Target{e.System, e.Code, e.Name}, "", ""
	case Allow:
		most := b.catalogue.Policy.AllowedDays
		if most == 0 {
			most = 180
		}
		if last := now.AddDate(0, 0, most).Format(time.DateOnly); d.Until < b.today || d.Until > last {
			return nil, fault.New(fault.Invalid, "build.decision", "the day of the review is from today on, and at most %d days ahead", most)
		}
	case Variance:
		d.Until = ""
	default:
		d.Owner, d.Until = "", ""
	}
	if why := d.wrong(); why != "" {
		return nil, fault.New(fault.Invalid, "build.decision", "%s", why)
	}
	return d, nil
}

// fits refuses a target by which something would be shown that is not so.
func (b *Build) fits(x subject, e *Entry, sure bool) error {
	switch x.Kind {
	case onboard.Results:
		if why := b.conversionWrong(x, e); why != "" {
			return fault.New(fault.Invalid, "build.unit", "%s", why)
		}
	case onboard.Units:
		if !knownUnit(e.Code) {
			return fault.New(fault.Invalid, "build.unit", "%s is no unit of UCUM", e.Code)
		}
	case onboard.Drugs:
		w := b.suggester.words
		own, other := w.drugOf(x.Name), w.drugOf(e.Name)
		why, grave := own.differs(other)
		switch {
		case grave:
			return fault.New(fault.Invalid, "build.product", "%s is not %s: %s", x.Name, e.Name, why)
		case why != "" && !sure:
			text := fmt.Sprintf("%s and %s: %s", x.Name, e.Name, why)
			if own.looksLike(other) {
				text += "; the names only look alike"
			}
			return fault.New(fault.Conflict, "build.look-alike", "%s. Confirm it if they are the same product all the same", text)
		}
	}
	return nil
}

// Keep writes decisions into the stage. Decisions that were made on a build that
// was read earlier are refused if one of their codes was decided on since.
// Errors: Conflict "build.changed"; those of ParseDecisions.
func (b *Build) Keep(s *onboard.Stage, made ...*Decision) error {
	return s.Keep(decisionsFile, func(old []byte) ([]byte, error) {
		d, err := decisionsIn(s.Trust, old)
		if err != nil {
			return nil, err
		}
		for _, x := range made {
			was, seen := d.find(x.Kind, x.Code), b.decisions.find(x.Kind, x.Code)
			if (was == nil) != (seen == nil) || was != nil && !was.At.Equal(seen.At) {
				return nil, fault.New(fault.Conflict, "build.changed", "somebody has decided on this code meanwhile")
			}
			d.put(*x)
		}
		if err := d.check(); err != nil {
			return nil, err
		}
		return d.Text()
	})
}

// Variances are the differences that stay on purpose, and what is allowed for
// now.
func (b *Build) Variances() []Decision {
	var out []Decision
	for _, d := range b.decisions.List {
		if d.Verb == Variance || d.Verb == Allow {
			out = append(out, d)
		}
	}
	return out
}

// Decisions is the file of decisions, nil when nothing was decided.
func (b *Build) Decisions() ([]byte, error) {
	if len(b.decisions.List) == 0 {
		return nil, nil
	}
	return b.decisions.Text()
}

package person

import (
	"cmp"
	"slices"
	"time"

	"concord/standard/fhir"
	"concord/standard/match"
)

// AlarmKind is what makes the story of one person implausible: two people may
// have been put into one record (an overlay).
type AlarmKind string

// The kinds.
const (
	TwoHospitals AlarmKind = "two-hospitals" // an in-patient in two trusts at once
	AfterDeath   AlarmKind = "after-death"   // seen after death
	SuddenChange AlarmKind = "sudden-change" // an entry turned into somebody else
)

// Words of a kind.
func (k AlarmKind) Words() string {
	switch k {
	case TwoHospitals:
		return "In two hospitals at once"
	case AfterDeath:
		return "Seen after death"
	case SuddenChange:
		return "Turned into somebody else at once"
	}
	return string(k)
}

// Stay is one visit in the story of a person.
type Stay struct {
	Entry     int64  // record key
	Ref       string // Encounter/id
	Trust     string // ODS code
	Inpatient bool
	From, To  time.Time // To zero = not over
}

// Story is what a person lived through, by all entries.
type Story struct {
	Stays []Stay
	Died  time.Time // the first moment by which the person had died for certain; zero = lives
	By    int64     // the entry that reports the death
}

// Finding is one implausible thing.
type Finding struct {
	Kind    AlarmKind
	Entries []int64
	Refs    []string // what shows it
}

// What is no alarm: a transfer whose discharge was written late, a visit that was
// closed on the day after a death, a stay that nobody ended.
const (
	transferSlack = 12 * time.Hour
	deathSlack    = 24 * time.Hour
	longestOpen   = 60 * 24 * time.Hour
)

// maxFindings bounds the findings of one story.
const maxFindings = 10

// Implausible looks through a story. A stay that is not over counts until now, if
// it did not begin too long ago to be believed.
func Implausible(s Story, now time.Time) []Finding {
	stays := slices.Clone(s.Stays)
	slices.SortFunc(stays, func(a, b Stay) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Ref, b.Ref)) })
	var out []Finding
	for i, a := range stays {
		if !s.Died.IsZero() && a.From.After(s.Died.Add(deathSlack)) {
			out = append(out, Finding{AfterDeath, both(s.By, a.Entry), []string{a.Ref}})
		}
		for _, b := range stays[i+1:] {
			if a.Inpatient && b.Inpatient && a.Trust != b.Trust && overlap(a, b, now) > transferSlack {
				out = append(out, Finding{TwoHospitals, both(a.Entry, b.Entry), []string{a.Ref, b.Ref}})
			}
		}
		if len(out) >= maxFindings {
			return out[:maxFindings]
		}
	}
	return out
}

func both(a, b int64) []int64 {
	if a == b {
		return []int64{a}
	}
	return []int64{min(a, b), max(a, b)}
}

func overlap(a, b Stay, now time.Time) time.Duration {
	end := func(s Stay) time.Time {
		switch {
		case !s.To.IsZero():
			return s.To
		case now.Sub(s.From) > longestOpen:
			return s.From
		}
		return now
	}
	from, to := a.From, end(a)
	if b.From.After(from) {
		from = b.From
	}
	if e := end(b); e.Before(to) {
		to = e
	}
	return to.Sub(from)
}

// Overlaid tells whether an entry turned into somebody else between two versions,
// as when a hospital number is used again: by all that the model compares
// (match.Overwritten), or sex and date of birth are others at once.
func (m *Matcher) Overlaid(before, after *fhir.Value) bool {
	a, b := m.Subject(before), m.Subject(after)
	return match.Overwritten(&a, &b) || sexAndBirthChanged(before, after)
}

// sexAndBirthChanged: the sex is another, and the date of birth in two parts at
// least, which is no slip.
func sexAndBirthChanged(before, after *fhir.Value) bool {
	a, b := Of(before), Of(after)
	if a.Sex == "" || b.Sex == "" || a.Sex == b.Sex || len(a.Born) != 10 || len(b.Born) != 10 {
		return false
	}
	differ := 0
	for _, part := range [][2]int{{0, 4}, {5, 7}, {8, 10}} {
		if a.Born[part[0]:part[1]] != b.Born[part[0]:part[1]] {
			differ++
		}
	}
	swapped := a.Born[:4] == b.Born[:4] && a.Born[5:7] == b.Born[8:10] && a.Born[8:10] == b.Born[5:7]
	return differ >= 2 && !swapped
}

package person

import (
	"time"

	"concord/standard/match"
)

// Outcome is what was decided on a pair of entries.
type Outcome string

// The outcomes. A pair on which nothing was decided has none of them.
const (
	Joined   Outcome = "joined"   // one person
	Possible Outcome = "possible" // a steward is asked
	Apart    Outcome = "apart"    // not the same person
	More     Outcome = "more"     // a steward needs to know more
	Open     Outcome = "open"     // taken back: as if nothing had been decided
)

// Maker is who or what decided.
type Maker string

// The makers.
const (
	ByModel   Maker = "model"
	ByTrust   Maker = "trust"   // a merge message about two of its own numbers
	BySteward Maker = "steward" //
	Before    Maker = "before"  // joined before decisions were kept
)

// Decision is one decision on a pair. It names levels and figures, never a
// value of the patient's.
type Decision struct {
	Outcome Outcome       `json:"o"`
	By      Maker         `json:"by"`
	Who     string        `json:"who,omitempty"` // account, client or feed
	Why     string        `json:"why,omitempty"` // in the words of who decided
	Ruling  string        `json:"r,omitempty"`   // the ruling that it is part of
	At      time.Time     `json:"at"`
	Change  int64         `json:"c"`
	Model   string        `json:"m,omitempty"` // Matcher.Name
	Pattern match.Pattern `json:"p,omitempty"`
	Weight  float32       `json:"w,omitempty"`
	Guards  match.Guard   `json:"g,omitempty"`
	Grade   match.Grade   `json:"gr,omitempty"`
	Claim   match.Claim   `json:"cl,omitempty"`
	// Rival: its claim did not hold, since a rival is there.
	Rival bool `json:"rv,omitempty"`
	// Held: certain of itself, but it would have put two people into one.
	Held bool `json:"h,omitempty"`
	// Parted: a human had parted the two, and is only asked about them again.
	Parted bool `json:"pd,omitempty"`
	// Beyond counts less likely pairs of the entry that arrived which were put to
	// nobody, since as many as a steward is asked about were likelier.
	Beyond int `json:"mo,omitempty"`
}

// Verdict is what the model said.
func (d Decision) Verdict() match.Verdict {
	return match.Verdict{Pattern: d.Pattern, Weight: d.Weight, Guards: d.Guards, Grade: d.Grade, Claim: d.Claim}
}

// say puts what the model says into a decision.
func (d *Decision) say(model string, v match.Verdict) {
	d.Model, d.Pattern, d.Weight, d.Guards, d.Grade, d.Claim = model, v.Pattern, v.Weight, v.Guards, v.Grade, v.Claim
}

// claimed tells whether the model joined a pair by a claim.
func (d Decision) claimed() bool {
	return d.By == ByModel && d.Outcome == Joined && d.Claim != match.NoClaim
}

// Pair is everything that was ever decided on two entries, oldest first.
type Pair struct {
	A         int64      `json:"a"` // record keys, A below B
	B         int64      `json:"b"`
	Decisions []Decision `json:"d"`
	Queued    string     `json:"q,omitempty"` // its key in the stewards' queue
}

// Now is the decision that stands.
func (p *Pair) Now() Decision {
	if len(p.Decisions) == 0 {
		return Decision{}
	}
	return p.Decisions[len(p.Decisions)-1]
}

// parts tells whether the two stay two people until a human joins them.
func (d Decision) parts() bool { return d.Outcome == Apart || d.Parted }

// joinsByTrust tells a trust's word that two are one, also when it went against
// another's and a steward is asked.
func (d Decision) joinsByTrust() bool {
	return d.By == ByTrust && (d.Outcome == Joined || d.Outcome == More)
}

// SaidByTrust gives the rulings by which a trust has said, as it stands, that two are
// one, the newest first (a merge and a link are two words), or else the one by which it
// has said that they are not.
func (p *Pair) SaidByTrust() (one []string, apart string) {
	now := p.Now()
	for d := now; d.joinsByTrust(); d = before(p, d.Ruling) {
		one = append(one, d.Ruling)
	}
	if now.By == ByTrust && now.Outcome == Apart {
		apart = now.Ruling
	}
	return one, apart
}

// settled tells whether a human has the last word on the pair.
func (d Decision) settled() bool {
	return (d.By == BySteward || d.By == ByTrust) && d.Outcome != Open
}

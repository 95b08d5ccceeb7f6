package access

import (
	"slices"
	"strings"
	"time"

	"concord/fault"
)

// Relation is one thing that ties somebody to a patient: an organisation, one
// of its workgroups, or one user, until a moment.
type Relation struct {
	Org       string `json:"org"`
	Workgroup string `json:"workgroup,omitempty"` // "" = the whole organisation
	How       string `json:"how"`                 // "encounter", "appointment", "referral", "registration"
	// Places are the wards, clinics, services and clinicians by which the
	// organisation looks after the patient, a line each (PlaceKey): where
	// workgroups are responsible for one of them, the relation is theirs.
	Places string `json:"-"`
	// Apart says that the relation is of these places alone, beside another one
	// of the organisation: it never stands for all of it, unless no workgroup
	// there is responsible for anything.
	Apart bool      `json:"-"`
	Until time.Time `json:"until,omitzero"` // zero = while the patient's care lasts
	Ref   string    `json:"ref,omitempty"`  // the resource that makes it: "Encounter/…"
}

// Holds tells whether the relation ties a requester to the patient at a moment.
func (r Relation) Holds(who Requester, now time.Time) bool {
	if r.Org == "" || !r.Until.IsZero() && !now.Before(r.Until) {
		return false
	}
	if r.Org != who.Org {
		return false
	}
	if r.Workgroup != "" {
		return slices.Contains(who.Workgroups, r.Workgroup)
	}
	return r.ties(who)
}

// How long a relationship outlasts what made it, and what somebody takes upon
// themselves lasts. A privacy officer agrees to these with the organisations;
// they are the same for all, so that a patient can be told.
const (
	Grace     = 28 * 24 * time.Hour // after discharge, an appointment, the end of a referral
	ClaimLife = 14 * 24 * time.Hour
	GlassLife = time.Hour
)

// Lawful is a reason for which the glass may be broken.
type Lawful struct{ Code, Words string }

// LawfulReasons are the reasons for opening what is not open otherwise
// (Hansard, 7 January 2008, written answers on the sealed envelope: consent,
// legal requirement, overriding public interest; vital interests after article
// 9(2)(c) of the UK GDPR).
func LawfulReasons() []Lawful {
	return []Lawful{
		{"vital-interests", "Emergency: the patient's life or health is at risk and they cannot be asked"},
		{"consent", "The patient has agreed to it, and was told what it means"},
		{"law", "A law or a court requires it"},
		{"public-interest", "An overriding public interest, such as protecting somebody else from serious harm"},
	}
}

// Taken is a row that somebody made for themselves: a claim or a broken
// glass.
type Taken struct {
	Glass  bool      `json:"glass,omitempty"`
	Code   string    `json:"code,omitempty"` // of LawfulReasons, for a broken glass
	Reason string    `json:"reason"`
	Role   Role      `json:"role"`
	Org    string    `json:"org"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Person string    `json:"person"` // id of the person as it was then
	User   string    `json:"user"`
}

const minReason, maxReason = 10, 500

// Take makes a row after checking what is said. code is "" for a claim. Errors:
// Invalid "access.reason" (in "reason"), "access.lawful" (in "code").
func Take(who Requester, code, reason string, glass bool, now time.Time) (Taken, error) {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < minReason || n > maxReason {
		return Taken{}, fault.New(fault.Invalid, "access.reason", "say in %d to %d characters why", minReason, maxReason).In("reason")
	}
	t := Taken{Glass: glass, Code: code, Reason: reason, Role: who.Role, Org: who.Org, User: who.ID, From: now.UTC(), Until: now.UTC().Add(ClaimLife)}
	if !glass {
		t.Code = ""
		return t, nil
	}
	if !slices.ContainsFunc(LawfulReasons(), func(l Lawful) bool { return l.Code == code }) {
		return Taken{}, fault.New(fault.Invalid, "access.lawful", "choose the reason for which the law allows it").In("code")
	}
	t.Until = now.UTC().Add(GlassLife)
	return t, nil
}

// Holds tells whether the row is the requester's, in the role and organisation
// in which it was made, at a moment.
func (t Taken) Holds(who Requester, now time.Time) bool {
	return t.User == who.ID && t.Role == who.Role && t.Org == who.Org && !now.Before(t.From) && now.Before(t.Until)
}

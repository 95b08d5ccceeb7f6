package access

import (
	"slices"

	"concord/fault"
)

// Action is what is asked for.
type Action string

// The actions. Each path of the product is one of them.
const (
	Read        Action = "read"               // one resource, its versions
	Search      Action = "search"             // several resources, a chart, $everything
	Create      Action = "create"             //
	Update      Action = "update"             //
	Delete      Action = "delete"             //
	FindPeople  Action = "find-people"        // the people search of the pages
	Export      Action = "export"             // everything
	WatchFeeds  Action = "watch-feeds"        // the standing of feeds and journal rows without content
	OpenMessage Action = "open-message"       // the content of one message
	Replay      Action = "replay"             // send journalled messages through again
	Receive     Action = "receive"            // a feed brings a message
	Forward     Action = "forward"            // a channel takes changes and messages to its destinations
	Steer       Action = "steer-feeds"        // pause channels and destinations, and let them go on
	EditMessage Action = "edit-message"       // change a message before it is sent again
	Links       Action = "links"              // conflicts and links between entries and persons
	Accounts    Action = "accounts"           // accounts, tokens, settings
	Verify      Action = "verify"             // check the store and the audit log
	Retain      Action = "retain"             // remove payloads of audit entries by the rules of retention
	ReadAudit   Action = "read-audit"         // read the audit log
	SignIn      Action = "sign-in"            // begin a session at the pages, or try to
	SignOut     Action = "sign-out"           // end it
	Claim       Action = "claim-relationship" // say that one has to do with a patient
	BreakGlass  Action = "break-glass"        // open a record in an emergency
	CloseGlass  Action = "close-glass"        // close what BreakGlass opened
	Explain     Action = "explain"            // ask why an access is allowed or refused
	Review      Action = "review"             // look into accesses that were told, and close them
	Join        Action = "join"               // do a step of an organisation's joining: take in, load, undo, cut over
	WatchJoin   Action = "watch-join"         // see how far it is: figures, and keys of the source
	Harmonise   Action = "harmonise"          // decide what a joiner's codes are, and who its patients are
	Attest      Action = "attest"             // say that a row is in the record as the source shows it
	WatchTotals Action = "watch-totals"       // see totals of organisations, small numbers left out
	SeeMarks    Action = "see-marks"          // see what is sealed, restricted, watched and objected to
	Mark        Action = "mark"               // seal, restrict, watch, write an objection down, and end it
)

// Questions that are asked of the policies beside the action.
const (
	knowOf     Action = "know-of"     // may it be said that something is withheld?
	seeContact Action = "see-contact" // may address, telephone, next of kin and GP be shown?
	unalerted  Action = "unalerted"   // does it go without an alert?
)

// Actions lists every action, for the negative tests.
func Actions() []Action {
	return []Action{Read, Search, Create, Update, Delete, FindPeople, Export, WatchFeeds,
		OpenMessage, EditMessage, Steer, Replay, Receive, Forward, Links, Accounts, Verify, Retain, ReadAudit, SignIn, SignOut, Claim, BreakGlass, CloseGlass, Explain, Review,
		Join, WatchJoin, Harmonise, Attest, WatchTotals, SeeMarks, Mark}
}

// Verdict is the outcome of one decision.
type Verdict struct {
	Allowed bool
	Rule    string // role and policy that spoke, stable: "clinician.relationship"
	Filter  Filter // what may be seen, document by document; meaningful when Allowed
}

// Refusal is the error of a verdict that does not allow.
func (v Verdict) Refusal() error {
	return fault.New(fault.Denied, "access."+v.Rule, "your role does not allow this")
}

// Decide gives the verdict on an action by a requester for a reason. typ is
// the resource type asked for, "" when the action spans several or none. It is
// allowed when there is any document that it could be allowed on; which, the
// filter tells.
func (p *Policies) Decide(who Requester, why Reason, act Action, typ string) Verdict {
	switch {
	case why.Purpose == "":
		return refuse("no-purpose")
	case who.ID == "":
		return refuse("nobody")
	case who.Role == "":
		return refuse("no-role")
	}
	f := Filter{table: p.table(ask{who.Role, why.Purpose, act, inside(who.Org), unseals(who), why.Text != ""})}
	if who.Role == System {
		f.scoped, f.types, f.all = true, nil, false
		if letter, ok := act.letter(); ok {
			f.types, f.all = who.Scopes.types(letter)
			if act == Export && !who.Scopes.allows('r', typ) {
				return refuse("system.scope")
			}
		}
		if act == ReadAudit { // named, not by a wildcard: a hospital's system does not read who looked
			if f.all = who.Scopes.names('r', "AuditEvent") && who.Scopes.names('s', "AuditEvent"); !f.all {
				return refuse("system.scope")
			}
		}
	}
	if who.Limits != nil && !f.limit(who.Limits, act) {
		return refuse("app.default")
	}
	kinds := kindsAsked(act, typ)
	if f.scoped && kinds[0] != Service && !f.covers(typ) {
		if who.Limits != nil {
			return refuse("app.scope")
		}
		return refuse("system.scope")
	}
	for _, k := range kinds {
		if rule := f.table.best(k); rule != "" {
			return Verdict{Allowed: true, Rule: string(who.Role) + "." + rule, Filter: f}
		}
	}
	return refuse(string(who.Role) + ".default")
}

// Decide gives the verdict by the policies that come with the program.
func Decide(who Requester, why Reason, act Action, typ string) Verdict {
	return Standard().Decide(who, why, act, typ)
}

func refuse(rule string) Verdict { return Verdict{Rule: rule} }

// unseals tells whether a requester has the national activity of opening what
// is sealed.
func unseals(who Requester) bool { return slices.Contains(who.Activities, "B0083") }

// kindsAsked are the kinds that an action on a type may be about.
func kindsAsked(act Action, typ string) []Kind {
	switch act {
	case FindPeople, Links, Claim, BreakGlass, CloseGlass:
		return []Kind{Demographics}
	case ReadAudit:
		if typ == "Patient" { // who has looked at one patient
			return []Kind{Demographics}
		}
	case Read, Search, Create, Update, Delete, Export, SeeMarks, Mark:
		if typ == "" {
			return []Kind{Demographics, Clinical, Unassigned, Directory}
		}
		if k := KindOf(typ); k != Clinical {
			return []Kind{k}
		}
		return []Kind{Clinical, Unassigned}
	}
	return []Kind{Service}
}

// letter is the letter of SMART scopes that an action needs.
func (a Action) letter() (byte, bool) {
	switch a {
	case Create:
		return 'c', true
	case Read:
		return 'r', true
	case Update:
		return 'u', true
	case Delete:
		return 'd', true
	case Search, Export:
		return 's', true
	}
	return 0, false
}

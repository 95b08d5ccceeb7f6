package access

import "concord/fault"

// Action is what is asked for.
type Action string

// The actions. Each path of the product is one of them.
const (
	Read        Action = "read"         // one resource, its versions
	Search      Action = "search"       // several resources, a chart, $everything
	Create      Action = "create"       //
	Update      Action = "update"       //
	Delete      Action = "delete"       //
	FindPeople  Action = "find-people"  // the people search of the pages
	Export      Action = "export"       // everything
	WatchFeeds  Action = "watch-feeds"  // the standing of feeds and journal rows without content
	OpenMessage Action = "open-message" // the content of one message
	Replay      Action = "replay"       // send journalled messages through again
	Receive     Action = "receive"      // a feed brings a message
	Links       Action = "links"        // conflicts and links between entries and persons
	Accounts    Action = "accounts"     // accounts, tokens, settings
	Verify      Action = "verify"       // check the store and the audit log
	Retain      Action = "retain"       // remove payloads of audit entries by the rules of retention
	ReadAudit   Action = "read-audit"   // read the audit log
	SignIn      Action = "sign-in"      // begin a session at the pages, or try to
	SignOut     Action = "sign-out"     // end it
)

// Actions lists every action, for the negative tests.
func Actions() []Action {
	return []Action{Read, Search, Create, Update, Delete, FindPeople, Export, WatchFeeds,
		OpenMessage, Replay, Receive, Links, Accounts, Verify, Retain, ReadAudit, SignIn, SignOut}
}

// Verdict is the outcome of one decision.
type Verdict struct {
	Allowed bool
	Rule    string // the rule that spoke, stable: "clinician.read"
	Filter  Filter // what may be seen; meaningful when Allowed
}

// Refusal is the error of a verdict that does not allow.
func (v Verdict) Refusal() error {
	return fault.New(fault.Denied, "access."+v.Rule, "your role does not allow this")
}

// Decide gives the verdict on an action by a requester for a reason. typ is
// the resource type asked for, "" when the action spans several or none.
func Decide(who Requester, why Reason, act Action, typ string) Verdict {
	if why.Purpose == "" {
		return refuse("no-purpose")
	}
	if who.ID == "" {
		return refuse("nobody")
	}
	if who.Limits != nil {
		return refuse("app.not-yet") // until documents can be decided on one by one
	}
	if act == SignIn || act == SignOut {
		return doorway(who.Role, act)
	}
	switch who.Role {
	case Clinician:
		return clinician(why, act)
	case Receptionist:
		return receptionist(why, act, typ)
	case Engineer:
		return engineer(why, act)
	case Steward:
		return steward(act, typ)
	case Administrator:
		return administrator(act)
	case Privacy:
		return privacy(act, typ)
	case Patient:
		return patient(act, typ)
	case System:
		return system(who, act, typ)
	case Operator:
		return operator(act)
	}
	return refuse("no-role")
}

func refuse(rule string) Verdict { return Verdict{Rule: rule} }

func allow(rule string, f Filter) Verdict { return Verdict{Allowed: true, Rule: rule, Filter: f} }

package access

// One function per role; what a role's function does not name is refused.

// doorway lets those in who work at the pages; systems come by token and
// operators by the server itself.
func doorway(role Role, act Action) Verdict {
	switch role {
	case Clinician, Receptionist, Engineer, Steward, Administrator, Privacy, Patient:
		return allow(string(role)+"."+string(act), Nothing())
	case "":
		return refuse("no-role")
	}
	return refuse(string(role) + ".no-pages")
}

func clinician(why Reason, act Action) Verdict {
	if why.Purpose != DirectCare {
		return refuse("clinician.purpose")
	}
	switch act {
	case Read, Search, FindPeople, Create, Update:
		return allow("clinician."+string(act), Everything())
	}
	return refuse("clinician.default")
}

func receptionist(why Reason, act Action, typ string) Verdict {
	switch act {
	case FindPeople:
		return allow("receptionist.find-people", Only("Patient"))
	case Read, Search:
		if typ == "" || typ == "Patient" {
			return allow("receptionist.demographics", Only("Patient"))
		}
	}
	return refuse("receptionist.demographics-only")
}

func engineer(why Reason, act Action) Verdict {
	switch act {
	case WatchFeeds, Replay:
		return allow("engineer.feeds", Nothing())
	case OpenMessage:
		if why.Text == "" {
			return refuse("engineer.reason-needed")
		}
		return allow("engineer.open-message", Nothing())
	}
	return refuse("engineer.feeds-only")
}

func steward(act Action, typ string) Verdict {
	switch act {
	case FindPeople, Links:
		return allow("steward."+string(act), Only("Patient"))
	case Read, Search:
		if typ == "" || typ == "Patient" {
			return allow("steward.demographics", Only("Patient"))
		}
	}
	return refuse("steward.demographics-only")
}

func administrator(act Action) Verdict {
	if act == Accounts {
		return allow("administrator.accounts", Nothing())
	}
	return refuse("administrator.no-patient-data")
}

func privacy(act Action, typ string) Verdict {
	switch act {
	case ReadAudit:
		return allow("privacy.read-audit", Nothing())
	case FindPeople:
		return allow("privacy.find-people", Only("Patient"))
	case Read, Search:
		if typ == "" || typ == "Patient" {
			return allow("privacy.demographics", Only("Patient"))
		}
	}
	return refuse("privacy.demographics-only")
}

// patient opens to people who has looked at their own record; the Desk sees to
// it that it is their own.
func patient(act Action, typ string) Verdict {
	if act == ReadAudit && typ == "Patient" {
		return allow("patient.who-has-looked", Nothing())
	}
	return refuse("patient.default")
}

var letters = map[Action]byte{Create: 'c', Read: 'r', Update: 'u', Delete: 'd', Search: 's', Export: 's'}

func system(who Requester, act Action, typ string) Verdict {
	if act == Receive {
		return allow("system.receive", Nothing())
	}
	if act == ReadAudit { // named, not by a wildcard: a hospital's system does not read who looked
		if who.Scopes.names('r', "AuditEvent") && who.Scopes.names('s', "AuditEvent") {
			return allow("system.read-audit", Nothing())
		}
		return refuse("system.scope")
	}
	letter, ok := letters[act]
	if !ok {
		return refuse("system.default")
	}
	if act == Export && !who.Scopes.allows('r', "") {
		return refuse("system.scope")
	}
	if !who.Scopes.allows(letter, typ) {
		return refuse("system.scope")
	}
	return allow("system.scope", byScope(who.Scopes, letter))
}

func operator(act Action) Verdict {
	switch act {
	case Export, Verify, Retain, ReadAudit, Accounts, Replay, WatchFeeds, Create, Update, Search, Read:
		return allow("operator."+string(act), Everything())
	}
	return refuse("operator.default")
}

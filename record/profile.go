package record

import (
	"concord/fault"
	"concord/standard/fhir"
)

// Strictness is what an organisation does with resources of its own that break
// the profiles which they name. Base rules hold always.
type Strictness string

// The choices.
const (
	Off    Strictness = ""       // profiles are not looked at
	Warn   Strictness = "warn"   // kept, and told
	Reject Strictness = "reject" // refused
)

// ParseStrictness reads a choice. Errors: Invalid "record.strictness".
func ParseStrictness(s string) (Strictness, error) {
	switch s {
	case "off", "":
		return Off, nil
	case string(Warn), string(Reject):
		return Strictness(s), nil
	}
	return Off, fault.New(fault.Invalid, "record.strictness", "profiles are checked as reject, warn or off")
}

// profiled holds a resource against the profiles that it names, as the
// organisation that writes it has chosen. It returns what is to be told.
func (d *Desk) profiled(org string, op *Op) ([]fhir.Issue, error) {
	if d.profiles == nil {
		return nil, nil
	}
	choice, issues := d.profiles(org, op.Resource)
	if choice == Off {
		return nil, nil
	}
	if choice == Reject {
		if wrong := errorsOf(issues); len(wrong) > 0 {
			return nil, &Rejection{At: op.At, Issues: wrong}
		}
	}
	return issues, nil
}

func errorsOf(issues []fhir.Issue) []fhir.Issue {
	var wrong []fhir.Issue
	for _, is := range issues {
		if is.Severity == "error" || is.Severity == "fatal" {
			wrong = append(wrong, is)
		}
	}
	return wrong
}

package grant

import (
	"slices"
	"strings"

	"concord/record/access"
)

// Scopes are the scopes of an app, read.
type Scopes struct {
	OpenID, FHIRUser bool
	Launch           bool // launched from the record's pages
	LaunchPatient    bool // asks for one patient
	LaunchEncounter  bool // asks for one encounter of theirs
	Offline, Online  bool // asks for a refresh token
	Data             []access.AppScope
	Unknown          int // words that say nothing here, left out
}

// ParseScopes reads space-separated scopes. Words that are not known are left
// out, as OAuth allows: what was granted is told in the answer.
func ParseScopes(text string) Scopes {
	var s Scopes
	for _, word := range strings.Fields(text) {
		switch word {
		case "openid":
			s.OpenID = true
		case "fhirUser":
			s.FHIRUser = true
		case "launch":
			s.Launch = true
		case "launch/patient":
			s.LaunchPatient = true
		case "launch/encounter":
			s.LaunchEncounter = true
		case "offline_access":
			s.Offline = true
		case "online_access":
			s.Online = true
		default:
			x, err := access.ParseAppScope(word)
			if err != nil {
				s.Unknown++
			} else if !slices.Contains(s.Data, x) {
				s.Data = append(s.Data, x)
			}
		}
	}
	return s
}

// Words are the scopes one by one, in a fixed order.
func (s Scopes) Words() []string {
	var out []string
	for _, x := range []struct {
		has  bool
		word string
	}{{s.OpenID, "openid"}, {s.FHIRUser, "fhirUser"}, {s.Launch, "launch"}, {s.LaunchPatient, "launch/patient"},
		{s.LaunchEncounter, "launch/encounter"}, {s.Offline, "offline_access"}, {s.Online, "online_access"}} {
		if x.has {
			out = append(out, x.word)
		}
	}
	for _, x := range s.Data {
		out = append(out, x.String())
	}
	return out
}

func (s Scopes) String() string { return strings.Join(s.Words(), " ") }

// Within keeps what others cover: of asked scopes what an app is registered
// for, of granted ones what a refresh asks for.
func (s Scopes) Within(most Scopes) Scopes {
	out := Scopes{OpenID: s.OpenID && most.OpenID, FHIRUser: s.FHIRUser && most.FHIRUser, Launch: s.Launch && most.Launch,
		LaunchPatient: s.LaunchPatient && most.LaunchPatient, LaunchEncounter: s.LaunchEncounter && most.LaunchEncounter, Offline: s.Offline && most.Offline, Online: s.Online && most.Online}
	for _, x := range s.Data {
		if slices.ContainsFunc(most.Data, func(m access.AppScope) bool { return m.Covers(x) }) {
			out.Data = append(out.Data, x)
		}
	}
	return out
}

// OfContext keeps the scopes of data of some contexts.
func (s Scopes) OfContext(contexts ...access.Context) Scopes {
	s.Data = slices.DeleteFunc(slices.Clone(s.Data), func(x access.AppScope) bool { return !slices.Contains(contexts, x.Context) })
	return s
}

// NeedsPatient tells that one patient has to be in context.
func (s Scopes) NeedsPatient() bool {
	return s.LaunchPatient || s.LaunchEncounter || slices.ContainsFunc(s.Data, func(x access.AppScope) bool { return x.Context == access.OfPatient })
}

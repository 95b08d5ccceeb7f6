package access

import (
	"strings"

	"concord/fault"
)

// Scope is one SMART v2 system scope: system/<Type|*>.<cruds>
// (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html).
type Scope struct {
	Type string // "*" = every type
	Can  string // a subset of "cruds", in that order
}

// Scopes is what a client may do.
type Scopes []Scope

// ParseScopes reads space-separated scopes. The v1 forms .read, .write and .*
// are read as rs, cud and cruds. Errors: Invalid "access.scope".
func ParseScopes(s string) (Scopes, error) {
	var out Scopes
	for _, word := range strings.Fields(s) {
		rest, ok := strings.CutPrefix(word, "system/")
		if !ok {
			return nil, fault.New(fault.Invalid, "access.scope", "a scope begins with system/, such as system/*.rs")
		}
		typ, can, ok := strings.Cut(rest, ".")
		if !ok || typ == "" {
			return nil, fault.New(fault.Invalid, "access.scope", "a scope is system/Type.cruds")
		}
		switch can {
		case "read":
			can = "rs"
		case "write":
			can = "cud"
		case "*":
			can = "cruds"
		}
		if !inOrder(can) {
			return nil, fault.New(fault.Invalid, "access.scope", "the letters after the dot are some of c r u d s, in that order")
		}
		out = append(out, Scope{typ, can})
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "access.scope", "at least one scope is needed")
	}
	return out, nil
}

func inOrder(can string) bool {
	at := -1
	for i := 0; i < len(can); i++ {
		j := strings.IndexByte("cruds", can[i])
		if j <= at {
			return false
		}
		at = j
	}
	return can != ""
}

func (s Scopes) String() string {
	words := make([]string, len(s))
	for i, x := range s {
		words[i] = "system/" + x.Type + "." + x.Can
	}
	return strings.Join(words, " ")
}

// types are the types for which a letter is granted; all tells that it is for
// every type.
func (s Scopes) types(letter byte) (types map[string]bool, all bool) {
	types = map[string]bool{}
	for _, x := range s {
		if strings.IndexByte(x.Can, letter) >= 0 {
			types[x.Type] = true
		}
	}
	return types, types["*"]
}

// allows tells whether a letter of cruds is granted for a type ("" = for any
// type at all).
func (s Scopes) allows(letter byte, typ string) bool {
	for _, x := range s {
		if (x.Type == "*" || x.Type == typ || typ == "") && strings.IndexByte(x.Can, letter) >= 0 {
			return true
		}
	}
	return false
}

// names tells whether a letter is granted for a type by its name.
func (s Scopes) names(letter byte, typ string) bool {
	for _, x := range s {
		if x.Type == typ && strings.IndexByte(x.Can, letter) >= 0 {
			return true
		}
	}
	return false
}

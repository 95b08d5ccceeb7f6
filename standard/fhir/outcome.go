package fhir

import (
	"strings"

	"concord/fault"
)

// Issue is one line of an OperationOutcome.
type Issue struct {
	Severity   string // error, warning, information
	Code       string // issue-type code
	Detail     string // our stable code
	Text       string
	Expression string // FHIRPath of the element, the name of a parameter, "http.…" of another part of the request, or ""
}

var issueTypes = map[fault.Kind]string{
	fault.Internal:        "exception",
	fault.Invalid:         "invalid",
	fault.NotFound:        "not-found",
	fault.Gone:            "deleted",
	fault.Conflict:        "conflict",
	fault.Denied:          "forbidden",
	fault.Withheld:        "not-found",
	fault.Unauthenticated: "login",
	fault.Unsupported:     "not-supported",
	fault.TooCostly:       "too-costly",
	fault.Busy:            "transient",
}

// IssueType is the issue-type code of a kind of failure
// (https://hl7.org/fhir/R4/valueset-issue-type.html).
func IssueType(k fault.Kind) string { return issueTypes[k] }

// Outcome builds an OperationOutcome.
func Outcome(issues ...Issue) *Value {
	list := make([]*Value, 0, len(issues))
	for _, is := range issues {
		var expr, location *Value
		switch {
		case strings.HasPrefix(is.Expression, "http."): // no element, but a header or another part of the request
			location = Arr(is.Expression)
		case is.Expression != "":
			expr = Arr(is.Expression)
		}
		var details *Value
		if is.Detail != "" {
			details = Obj("coding", Arr(Obj("system", "urn:concord:fault", "code", is.Detail)), "text", is.Text)
		}
		list = append(list, Obj("severity", is.Severity, "code", is.Code, "details", details,
			"diagnostics", is.Text, "location", location, "expression", expr))
	}
	return Obj("resourceType", "OperationOutcome", "issue", list)
}

package fhirapi

import (
	"strings"

	"concord/fault"
	"concord/record"
)

// placed names where in a request a failure lies that does not say so itself: an
// element of the entry, else a header, the URL or the body, as
// https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.location
// writes them.
func placed(f *fault.Fault) string {
	entry := strings.HasPrefix(f.At, "Bundle.entry[") && strings.HasSuffix(f.At, "]")
	if f.At != "" && !entry {
		return f.At
	}
	header, element := headerOf(f)
	switch {
	case entry && element != "":
		return f.At + ".request." + element
	case entry:
		return f.At
	}
	return header
}

// headerOf is the header that a failure is about, and the element of an entry's
// request that stands for it.
func headerOf(f *fault.Fault) (header, element string) {
	switch f.Code {
	case "record.if-match":
		return "http.if-match", "ifMatch"
	case "record.exists":
		return "http.if-none-match", "ifNoneMatch"
	case "fhir.accept":
		return "http.accept", ""
	case "fhir.content-type":
		return "http.content-type", ""
	case "fhir.encoding":
		return "http.content-encoding", ""
	case "fhir.empty", "fhir.too-large", "fhir.parameter":
		return "http.body", ""
	case "record.multiple", "fhir.condition", "fhir.route", "fhir.url", "record.scan", "search.syntax":
		return "http.url", "url"
	}
	switch f.Kind {
	case fault.Unauthenticated, fault.Denied:
		return "http.authorization", ""
	case fault.NotFound, fault.Gone, fault.Withheld, fault.Unsupported:
		return "http.url", "url"
	case fault.Invalid, fault.TooCostly, fault.Conflict:
		return "http.body", ""
	}
	return "", ""
}

// conditioned says of a condition that several resources meet where it stands.
func conditioned(op record.Op, err error) error {
	if f := fault.Of(err); f != nil && f.Code == "record.multiple" && op.IfNoneExist != "" {
		if f.At == "" {
			return f.In("http.if-none-exist")
		}
		if f.At == op.At && op.At != "" {
			return f.In(op.At + ".request.ifNoneExist")
		}
	}
	return err
}

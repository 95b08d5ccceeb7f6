package fhirapi

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// status maps each kind of failure to HTTP (https://hl7.org/fhir/R4/http.html#Status-Codes).
func status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound, fault.Withheld:
		return http.StatusNotFound
	case fault.Gone:
		return http.StatusGone
	case fault.Conflict:
		return http.StatusConflict
	case fault.Denied:
		return http.StatusForbidden
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Unsupported:
		return http.StatusNotImplemented
	case fault.TooCostly:
		return http.StatusUnprocessableEntity
	case fault.Busy:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// statusOf is status with the codes for which HTTP has a word of its own.
func statusOf(f *fault.Fault) int {
	switch f.Code {
	case "fhir.accept":
		return http.StatusNotAcceptable
	case "fhir.content-type":
		return http.StatusUnsupportedMediaType
	case "fhir.too-large":
		return http.StatusRequestEntityTooLarge
	case "fhir.header":
		return http.StatusRequestHeaderFieldsTooLarge
	case "fhir.url":
		return http.StatusRequestURITooLong
	case "record.if-match", "record.multiple", "record.exists":
		return http.StatusPreconditionFailed
	case "audit.read-only":
		return http.StatusMethodNotAllowed
	case "fhir.route":
		return http.StatusNotFound
	case "record.identity", "patch.test", "record.reference", "record.foreign-patient", "record.subject", "record.hospital-number":
		return http.StatusUnprocessableEntity
	case "search.unsupported", "search.modifier":
		return http.StatusBadRequest
	}
	return status(f.Kind)
}

// outcome is what an error says, with the HTTP status to say it with.
func (a *api) outcome(err error) (int, *fhir.Value) {
	var rejected *record.Rejection
	if errors.As(err, &rejected) {
		issues := make([]fhir.Issue, len(rejected.Issues))
		for i, is := range rejected.Issues {
			if rejected.At != "" {
				is.Expression = rejected.At + ".resource." + is.Expression
			}
			issues[i] = is
		}
		return http.StatusUnprocessableEntity, fhir.Outcome(issues...)
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = fault.New(fault.TooCostly, "fhir.too-large", "a request may be %d bytes long", tooLarge.Limit)
	}
	f := fault.Of(err)
	text := f.Text
	if f.Kind == fault.Internal {
		ref := reference()
		a.Log.Error("fhir request failed", "reference", ref, "error", err.Error())
		text = "something went wrong on our side; quote reference " + ref
	}
	if f.Kind == fault.Withheld {
		f = fault.New(fault.NotFound, "record.unknown", "%s", text)
	}
	return statusOf(f), fhir.Outcome(fhir.Issue{
		Severity: "error", Code: fhir.IssueType(f.Kind), Detail: f.Code, Text: text, Expression: placed(f),
	})
}

// tooFast answers a client that asks faster than it may
// (https://www.rfc-editor.org/rfc/rfc6585#section-4).
func tooFast(wait time.Duration) *response {
	return &response{status: http.StatusTooManyRequests,
		header: map[string]string{"Retry-After": strconv.Itoa(int(math.Ceil(wait.Seconds())))},
		body: fhir.Outcome(fhir.Issue{Severity: "error", Code: "throttled", Detail: "fhir.pace",
			Text: "this client asks faster than it may; wait, then go on", Expression: "http.authorization"})}
}

func reference() string {
	var b [5]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (a *api) failure(r *http.Request, err error) *response {
	code, body := a.outcome(err)
	res := &response{status: code, body: body}
	if code == http.StatusUnauthorized {
		res.header = map[string]string{"WWW-Authenticate": `Bearer realm="concord"`}
	}
	return res
}

package fhirapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// async answers how a request stands, or its outcome.
func (a *api) async(r *http.Request, e *record.Errand) (*response, error) {
	id := r.PathValue("id")
	if !fhir.ValidID(id) {
		return nil, unknownAsync()
	}
	d, err := e.Deferred(r.Context(), id)
	if err != nil {
		return nil, err
	}
	switch {
	case d == nil:
		return nil, unknownAsync()
	case d.Running:
		took := a.Now().Sub(d.Since).Round(time.Second)
		return &response{status: http.StatusAccepted, header: map[string]string{"X-Progress": "running for " + took.String(), "Retry-After": "1"}}, nil
	case d.Cut && (d.Answer == nil || len(d.Written) > 0):
		return cutOff(d), nil
	}
	return answered(d)
}

func unknownAsync() error {
	return fault.New(fault.NotFound, "async.unknown", "there is no such request of yours, or its answer is no longer kept").In("http.url")
}

func answered(d *record.Deferred) (*response, error) {
	var k keptAnswer
	if err := json.Unmarshal(d.Answer, &k); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "async.answer", "an answer cannot be read")
	}
	res := &response{status: k.Status, header: k.Header}
	if res.header == nil {
		res.header = map[string]string{}
	}
	res.header["Expires"] = d.Until.UTC().Format(http.TimeFormat)
	if k.Body != nil {
		var err error
		if res.body, err = fhir.ParseObject(k.Body); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// mostCutOff is how many writes of a request that was cut off are named.
const mostCutOff = 1000

// cutOff says of a request that did not come to its end what it has written. One
// whose writes stand or fall together has done its work when any of it is there.
func cutOff(d *record.Deferred) *response {
	res := &response{status: http.StatusInternalServerError, header: map[string]string{"Expires": d.Until.UTC().Format(http.TimeFormat)}}
	first := fhir.Issue{Severity: "error", Code: "incomplete", Detail: "async.cut-off"}
	switch n := strconv.Itoa(len(d.Written)); {
	case len(d.Written) == 0:
		first.Text = "the request was cut off before it was done; nothing of it was written, and nothing will be: send it again"
	case d.Parts:
		first.Text = "the request was cut off before it was done; " + n + " of its writes were kept, as told below, and no other will be: send only the others again"
	default:
		res.status, first.Severity, first.Code = http.StatusOK, "warning", "informational"
		first.Text = "what the request writes was kept (" + n + " resources, as told below); only its answer was lost: do not send it again"
	}
	issues := []fhir.Issue{first}
	for i, w := range d.Written {
		if i == mostCutOff {
			issues = append(issues, fhir.Issue{Severity: "information", Code: "informational", Detail: "async.written", Text: strconv.Itoa(len(d.Written)-i) + " more"})
			break
		}
		issues = append(issues, fhir.Issue{Severity: "information", Code: "informational", Detail: "async.written", Text: statusLine(httpStatus(w.Outcome)) + ": " + w.Ref, Expression: w.At})
	}
	res.body = fhir.Outcome(issues...)
	return res
}

// asyncDelete ends a request, or drops its answer. What was written stays.
func (a *api) asyncDelete(r *http.Request, e *record.Errand) (*response, error) {
	if id := r.PathValue("id"); fhir.ValidID(id) {
		if err := e.DropAnswer(r.Context(), id); err != nil {
			return nil, err
		}
	}
	return &response{status: http.StatusAccepted}, nil
}

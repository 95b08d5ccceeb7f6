package pds

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
)

// Options of a client.
type Options struct {
	// Base is where the API lies, such as
	// https://api.service.nhs.uk/personal-demographics/FHIR/R4.
	Base string
	// Token gives the access token of a request; nil sends none, as the sandbox
	// takes it.
	Token func(ctx context.Context) (string, error)
	// Organisation is the ODS code of who asks.
	Organisation string
	HTTP         *http.Client // nil = one with a timeout
	PerSecond    float64      // requests; 0 = 5, which is what the service allows unasked
}

// Client asks the service. It is for several goroutines.
type Client struct {
	o    Options
	pace *rate.Limiter
}

const (
	ofDefault  = 5
	patience   = 10 * time.Second
	mostAnswer = 4 << 20
)

// New makes a client. Code: "pds.base" when the address is none, or is not
// https and not of this machine.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.Base)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && local(u.Hostname())) {
		return nil, fault.New(fault.Invalid, "pds.base", "the address of PDS is an https URL")
	}
	o.Base = strings.TrimRight(o.Base, "/")
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if o.PerSecond <= 0 {
		o.PerSecond = ofDefault
	}
	return &Client{o: o, pace: rate.NewLimiter(rate.Limit(o.PerSecond), max(1, int(o.PerSecond)))}, nil
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// get asks for one path and gives the resource that is answered. Errors: those of
// refusal; Busy "pds.unreachable", "pds.pace"; Internal "pds.answer".
func (c *Client) get(ctx context.Context, path string) (*fhir.Value, http.Header, error) {
	if err := c.pace.Wait(ctx); err != nil {
		return nil, nil, fault.New(fault.Busy, "pds.pace", "PDS is asked too much just now")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.o.Base+path, nil)
	if err != nil {
		return nil, nil, fault.New(fault.Internal, "pds.request", "the request to PDS could not be made")
	}
	req.Header.Set("Accept", "application/fhir+json")
	req.Header.Set("X-Request-ID", uuid.NewString())
	req.Header.Set("X-Correlation-ID", uuid.NewString())
	if c.o.Organisation != "" {
		req.Header.Set("NHSD-End-User-Organisation-ODS", c.o.Organisation)
	}
	if c.o.Token != nil {
		token, err := c.o.Token(ctx)
		if err != nil {
			return nil, nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.o.HTTP.Do(req)
	if err != nil { // its text holds the address, and that the number
		return nil, nil, fault.New(fault.Busy, "pds.unreachable", "PDS does not answer")
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer+1))
	if err != nil || len(text) > mostAnswer {
		return nil, nil, fault.New(fault.Busy, "pds.unreachable", "the answer of PDS breaks off, or is too long")
	}
	body, err := fhir.ParseObject(text)
	if res.StatusCode != http.StatusOK {
		return nil, nil, refusal(res.StatusCode, body)
	}
	if err != nil {
		return nil, nil, fault.New(fault.Internal, "pds.answer", "the answer of PDS is no FHIR resource")
	}
	return body, res.Header, nil
}

// spineCode is the code of an OperationOutcome of the service.
func spineCode(outcome *fhir.Value) string {
	if outcome.Type() != "OperationOutcome" {
		return ""
	}
	return outcome.StrAt("issue.0.details.coding.0.code")
}

// refusal is the fault of an answer that is none. Codes: "pds.unknown" (NotFound),
// "pds.invalidated" (Gone), "pds.number", "pds.refused" (Invalid), "pds.denied"
// (Denied), "pds.busy" (Busy).
func refusal(status int, outcome *fhir.Value) error {
	switch code := spineCode(outcome); {
	case code == "INVALIDATED_RESOURCE":
		return fault.New(fault.Gone, "pds.invalidated", "PDS has invalidated the record of this number, and no other stands for it")
	case code == "RESOURCE_NOT_FOUND" || code == "" && status == http.StatusNotFound:
		return fault.New(fault.NotFound, "pds.unknown", "PDS knows no patient of this number")
	case code == "INVALID_RESOURCE_ID":
		return fault.New(fault.Invalid, "pds.number", "PDS says that this is no NHS number")
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fault.New(fault.Denied, "pds.denied", "PDS does not let us ask this")
	case status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500:
		return fault.New(fault.Busy, "pds.busy", "PDS cannot answer just now")
	case status >= 400 && status < 500:
		return fault.New(fault.Invalid, "pds.refused", "PDS does not take the request (%s)", known(code))
	}
	return fault.New(fault.Internal, "pds.answer", "PDS answers with a status that means nothing here")
}

// known leaves of a code what may stand in a message.
func known(code string) string {
	if code == "" || len(code) > 40 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return "no reason is given"
	}
	return code
}

package feed

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
)

// fhirLine posts transactions to a FHIR server
// (https://hl7.org/fhir/R4/http.html#transaction).
type fhirLine struct {
	url    string
	token  string
	client *http.Client
}

func openFHIR(d *channel.Destination) (line, error) {
	config, err := tlsOf(d.TLS)
	if err != nil {
		return nil, err
	}
	l := &fhirLine{url: d.FHIR, client: &http.Client{
		Timeout:       orElse(d.AnswerWithin, defaultWithin),
		Transport:     &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: 1, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if d.TokenFile != "" {
		text, err := os.ReadFile(d.TokenFile)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "feed.token", "the token for the destination cannot be read")
		}
		l.token = strings.TrimSpace(string(text))
	}
	return l, nil
}

func (l *fhirLine) close() { l.client.CloseIdleConnections() }

func (l *fhirLine) send(ctx context.Context, m *record.Message) answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(m.Raw))
	if err != nil {
		return failed(down, fault.Invalid, "feed.address", "the address of the destination cannot be used")
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Accept", "application/fhir+json")
	req.Header.Set("X-Request-Id", m.Control)
	if l.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.token)
	}
	res, err := l.client.Do(req)
	if err != nil {
		if timeout, ok := err.(interface{ Timeout() bool }); ok && timeout.Timeout() {
			return failed(silent, fault.Busy, "feed.late", "no answer came within %v", l.client.Timeout)
		}
		return failed(down, fault.Busy, "feed.connect", "the destination cannot be reached")
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil && res.StatusCode < 300 {
		return failed(silent, fault.Busy, "feed.half", "the connection ended before the answer was whole")
	}
	return readStatus(res.StatusCode, res.Header.Get("Retry-After"), body)
}

// readStatus maps a status: what is wrong with this message returns it, what is
// wrong with the server or with our way to it is tried again.
func readStatus(status int, retryAfter string, body []byte) answer {
	code := strconv.Itoa(status)
	switch {
	case status >= 200 && status < 300:
		return answer{verdict: accepted, code: code}
	case status == 401 || status == 403 || status == 404 || status == 405 || status == 407 || status >= 300 && status < 400:
		a := failed(down, fault.Busy, "feed.setting", "the destination answered %d: address or token are not right", status)
		a.code = code
		return a
	case status == 408 || status == 425 || status == 429 || status >= 500:
		a := failed(down, fault.Busy, "feed.busy", "the destination answered %d", status)
		a.code = code
		if n, err := strconv.Atoi(retryAfter); err == nil && n > 0 {
			a.wait = min(time.Duration(n)*time.Second, time.Hour)
		}
		return a
	}
	return answer{verdict: refused, code: code, reply: body, fault: fault.New(fault.Invalid, "feed.refused", "the destination answered %d", status)}
}

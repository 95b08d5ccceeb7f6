package demo

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

// Door is how the product is entered.
type Door struct {
	MLLP string // host:port
	FHIR string // base URL
	// Token gives the bearer token with which an organisation writes.
	Token func(ctx context.Context, org string) (string, error)
	// Waiting tells how many messages are kept and not yet in the record.
	Waiting func(ctx context.Context) (int, error)
}

// poster sends parcels.
type poster struct {
	door   Door
	client *http.Client
	tokens map[string]string
}

// newPoster asks for the tokens that the parcels need.
func newPoster(ctx context.Context, door Door, orgs []string) (*poster, error) {
	p := &poster{door, &http.Client{Timeout: time.Minute}, map[string]string{}}
	for _, org := range orgs {
		token, err := door.Token(ctx, org)
		if err != nil {
			return nil, err
		}
		p.tokens[org] = token
	}
	return p, nil
}

// post sends one transaction. A server that is busy just now is asked again.
// Errors: Invalid "demo.refused" with the place and rule that the server names.
func (p *poster) post(ctx context.Context, parcel Parcel) error {
	body := parcel.Bundle.JSON()
	for try := 1; ; try++ {
		status, answer, err := p.once(ctx, parcel.Org, body)
		if err != nil {
			return err
		}
		if status == http.StatusOK {
			return nil
		}
		if status != http.StatusServiceUnavailable || try == 5 {
			outcome, _ := fhir.Parse(answer)
			return fault.New(fault.Invalid, "demo.refused", "bundle %s was answered %d: %s %s", parcel.Bundle.ID(), status,
				outcome.StrAt("issue.0.expression.0"), outcome.StrAt("issue.0.diagnostics")+outcome.StrAt("issue.0.details.text"))
		}
		select {
		case <-time.After(time.Duration(try) * 200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *poster) once(ctx context.Context, org string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.door.FHIR, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Authorization", "Bearer "+p.tokens[org])
	res, err := p.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	return res.StatusCode, answer, err
}

package pds

import (
	"context"
	"crypto"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"concord/fault"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// Signer gets access tokens for an application by a signed statement
// (https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/application-restricted-restful-apis-signed-jwt-authentication).
type Signer struct {
	URL   string // of the token endpoint
	Key   string // API key of the application
	KeyID string // of the registered public key
	// Private signs with RS512.
	Private crypto.Signer
	HTTP    *http.Client
	Now     func() time.Time

	mu    sync.Mutex
	token string
	until time.Time
}

const (
	statementLife = 4 * time.Minute  // the service takes up to five
	renewBefore   = 30 * time.Second // an answer may take that long
)

// Token is a valid access token; one is fetched when the last runs out. Errors:
// Denied "pds.token", Busy "pds.unreachable".
func (s *Signer) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if s.token != "" && now.Before(s.until) {
		return s.token, nil
	}
	statement, err := s.statement(now)
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_assertion": {statement},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fault.New(fault.Invalid, "pds.token", "the address of the token endpoint is none")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := s.HTTP
	if client == nil {
		client = &http.Client{Timeout: patience}
	}
	res, err := client.Do(req)
	if err != nil {
		return "", fault.New(fault.Busy, "pds.unreachable", "the token endpoint of PDS does not answer")
	}
	defer res.Body.Close()
	return s.keep(res, now)
}

func (s *Signer) keep(res *http.Response, now time.Time) (string, error) {
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	switch {
	case err != nil || res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return "", fault.New(fault.Busy, "pds.unreachable", "the token endpoint of PDS cannot answer just now")
	case res.StatusCode != http.StatusOK:
		return "", fault.New(fault.Denied, "pds.token", "PDS gives us no access token")
	}
	var answer struct {
		Token   string          `json:"access_token"`
		Expires json.RawMessage `json:"expires_in"` // a number, or its digits in quotes
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Token == "" {
		return "", fault.New(fault.Denied, "pds.token", "the token endpoint of PDS answers with no token")
	}
	life, err := strconv.Atoi(strings.Trim(string(answer.Expires), `"`))
	if err != nil || life <= 0 {
		life = 60
	}
	s.token, s.until = answer.Token, now.Add(time.Duration(life)*time.Second-renewBefore)
	return s.token, nil
}

// statement is who we are, signed.
func (s *Signer) statement(now time.Time) (string, error) {
	opts := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", s.KeyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS512, Key: s.Private}, opts)
	if err != nil {
		return "", fault.New(fault.Invalid, "pds.key", "the private key for PDS is no RSA key")
	}
	text, err := jwt.Signed(signer).Claims(jwt.Claims{Issuer: s.Key, Subject: s.Key, Audience: jwt.Audience{s.URL}, ID: uuid.NewString(),
		Expiry: jwt.NewNumericDate(now.Add(statementLife))}).Serialize()
	if err != nil {
		return "", fault.New(fault.Internal, "pds.key", "the statement to PDS could not be signed")
	}
	return text, nil
}

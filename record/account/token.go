package account

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// MaxTokenLife is the longest that a client's token may live.
const MaxTokenLife = 366 * 24 * time.Hour

// tokenPrefix lets secret scanners recognise a token that leaked.
const tokenPrefix = "concord_"

// Token is a client's bearer token, without the secret.
type Token struct {
	ID      string // of the token, safe to show
	Client  string
	Org     string // ODS code of the organisation that the client writes for, or ""
	Scopes  string
	Made    time.Time
	Expires time.Time
}

type tokenRow struct {
	Client  string `json:"client"`
	Org     string `json:"org,omitempty"`
	Scopes  string `json:"scopes"`
	Lenient bool   `json:"lenient,omitempty"`
	// Certificate is the thumbprint of the client certificate that the token
	// is good with, "" = it is good without one.
	Certificate string    `json:"x5t#S256,omitempty"`
	Made        time.Time `json:"made"`
	Expires     time.Time `json:"expires"`
}

// Grant is what a token is issued for.
type Grant struct {
	Client string // who uses it: letters, digits, dots, hyphens
	Org    string // ODS code that it writes for, or ""
	Scopes string // SMART system scopes, space-separated
	Life   time.Duration
	// Certificate binds the token to a client certificate, by its thumbprint
	// (x5t#S256 of RFC 8705): stolen, it is worth nothing. "" = not bound.
	Certificate string
	// Lenient lets the client's searches leave out parameters that are not
	// known (as R4 says a server should), rather than refuse them.
	Lenient bool
}

func (t tokenRow) token(id string) *Token {
	return &Token{ID: id, Client: t.Client, Org: t.Org, Scopes: t.Scopes, Made: t.Made, Expires: t.Expires}
}

// Bearer turns a token into the requester that it stands for. certificate is
// the thumbprint of the client certificate that was shown with it, "" if none.
// Errors: Unauthenticated account.token, account.certificate.
func (r *Register) Bearer(ctx context.Context, secret, certificate string) (access.Requester, error) {
	unknown := fault.New(fault.Unauthenticated, "account.token", "the token is unknown or has expired")
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return access.Requester{}, unknown
	}
	id := digest(secret)
	row, known := r.tokens.get(id, r.now())
	if !known {
		err := r.engine.View(ctx, func(v store.Reader) error {
			value, err := v.GetKey(ctx, tokenSpace, id)
			if err != nil {
				return err
			}
			if value == nil {
				return unknown
			}
			return fromJSON(value, &row)
		})
		if err != nil {
			return access.Requester{}, err
		}
		r.tokens.put(id, row, r.now())
	}
	if !r.now().Before(row.Expires) {
		return access.Requester{}, unknown
	}
	if row.Certificate != "" && subtle.ConstantTimeCompare([]byte(row.Certificate), []byte(certificate)) != 1 {
		return access.Requester{}, fault.New(fault.Unauthenticated, "account.certificate", "the token is good only with the client certificate that it was issued for")
	}
	scopes, err := access.ParseScopes(row.Scopes)
	if err != nil {
		return access.Requester{}, err
	}
	return access.Requester{ID: row.Client, Name: row.Client, Role: access.System, Org: row.Org, Scopes: scopes, Lenient: row.Lenient}, nil
}

package smart

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"concord/fault"
	"concord/record/grant"
)

// identity is the ID token
// (https://openid.net/specs/openid-connect-core-1_0.html#IDToken, and
// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-identity-data).
func (s *Server) identity(ctx context.Context, t *grant.Tokens) (string, error) {
	alg, kind := jose.SignatureAlgorithm(t.App.Sign), "RSA"
	switch alg {
	case "":
		alg = jose.RS256
	case jose.ES384:
		kind = "P-384"
	}
	key, err := s.Grants.SigningKey(ctx, kind)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key.Private, KeyID: key.ID}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "smart.key", "the key cannot sign")
	}
	now := s.Now()
	claims := jwt.Claims{Issuer: s.Issuer(), Subject: subject(t.Who.ID), Audience: jwt.Audience{t.App.ID},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(grant.TokenLife))}
	more := map[string]any{}
	if t.Nonce != "" {
		more["nonce"] = t.Nonce
	}
	if !t.Proved.IsZero() {
		more["auth_time"] = t.Proved.Unix()
	}
	if t.Scopes.FHIRUser && s.User != nil {
		ref, err := s.User(ctx, t.Who)
		if err != nil {
			return "", err
		}
		more["fhirUser"] = s.Issuer() + "/" + ref
	}
	signed, err := jwt.Signed(signer).Claims(claims).Claims(more).Serialize()
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "smart.key", "the key cannot sign")
	}
	return signed, nil
}

// subject names a person to apps for ever, without telling their user name.
func subject(account string) string {
	sum := sha256.Sum256([]byte("concord subject\n" + account))
	return hex.EncodeToString(sum[:16])
}

// jwks is GET /smart/jwks: the public keys, those that no longer sign among
// them until nothing that they signed is good any more.
func (s *Server) jwks(w http.ResponseWriter, r *http.Request) {
	for _, kind := range []string{"RSA", "P-384"} { // so that a key is there before it signs
		if _, err := s.Grants.SigningKey(r.Context(), kind); err != nil {
			s.fail(w, err)
			return
		}
	}
	keys, err := s.Grants.Keys(r.Context())
	if err != nil {
		s.fail(w, err)
		return
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.ID, Use: "sig"})
	}
	send(w, http.StatusOK, set)
}

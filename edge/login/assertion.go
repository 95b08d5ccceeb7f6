package login

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"concord/fault"
)

// assertion proves who the client is by its key rather than by a secret that
// travels (https://www.rfc-editor.org/rfc/rfc7523, private_key_jwt).
func (p *provider) assertion(audience string) ([]oauth2.AuthCodeOption, error) {
	if p.Key == nil {
		return nil, nil
	}
	alg := jose.RS512
	if _, ok := p.Key.Public().(*ecdsa.PublicKey); ok {
		alg = jose.ES256
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: p.Key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "login.key", "the key of %s cannot sign", p.Name)
	}
	id := make([]byte, 16)
	rand.Read(id)
	now := p.now()
	signed, err := jwt.Signed(signer).Claims(jwt.Claims{Issuer: p.ClientID, Subject: p.ClientID, Audience: jwt.Audience{audience},
		ID: base64.RawURLEncoding.EncodeToString(id), IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Minute))}).Serialize()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "login.key", "the key of %s cannot sign", p.Name)
	}
	return []oauth2.AuthCodeOption{
		oauth2.SetAuthURLParam("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
		oauth2.SetAuthURLParam("client_assertion", signed),
	}, nil
}

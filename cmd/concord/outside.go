package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"time"

	"concord/edge/login"
	"concord/fault"
	"concord/standard/uk"
)

// providers say which OpenID Connect providers people may sign in with.
type providers struct {
	OIDCStaffIssuer       string `help:"Identity provider of staff, CIS2 or alike: its issuer URL. People sign in here only without it." name:"oidc-staff-issuer" placeholder:"URL"`
	OIDCStaffClient       string `help:"Our client id there." name:"oidc-staff-client" placeholder:"ID"`
	OIDCStaffSecretFile   string `help:"File with our client secret there; or" name:"oidc-staff-secret-file" placeholder:"FILE"`
	OIDCStaffKey          string `help:"PEM file with our private key there, RSA or P-256 (private_key_jwt)." name:"oidc-staff-key" placeholder:"FILE"`
	OIDCStaffTitle        string `help:"What the sign-in page calls it." name:"oidc-staff-title" default:"NHS CIS2"`
	OIDCStaffLevel        int    `help:"Least authenticator assurance level: 1, 2 or 3." name:"oidc-staff-level" default:"2" placeholder:"N"`
	OIDCPatientIssuer     string `help:"Identity provider of patients, NHS login or alike: its issuer URL." name:"oidc-patient-issuer" placeholder:"URL"`
	OIDCPatientClient     string `help:"Our client id there." name:"oidc-patient-client" placeholder:"ID"`
	OIDCPatientSecretFile string `help:"File with our client secret there; or" name:"oidc-patient-secret-file" placeholder:"FILE"`
	OIDCPatientKey        string `help:"PEM file with our private key there, RSA or P-256 (private_key_jwt)." name:"oidc-patient-key" placeholder:"FILE"`
	OIDCPatientTitle      string `help:"What the sign-in page calls it." name:"oidc-patient-title" default:"NHS login"`
}

// list reads the settings. Errors: Invalid cli.oidc, a file that is not there.
func (p providers) list() ([]login.Provider, error) {
	var out []login.Provider
	for _, x := range []struct {
		login.Provider
		secret, key string
	}{
		{login.Provider{Name: "staff", Title: p.OIDCStaffTitle, Issuer: p.OIDCStaffIssuer, ClientID: p.OIDCStaffClient, Level: p.OIDCStaffLevel,
			Scopes: []string{"nhsperson", "nationalrbacaccess", "selectedrole"}}, p.OIDCStaffSecretFile, p.OIDCStaffKey},
		{login.Provider{Name: "patient", Title: p.OIDCPatientTitle, Issuer: p.OIDCPatientIssuer, ClientID: p.OIDCPatientClient, Patients: true},
			p.OIDCPatientSecretFile, p.OIDCPatientKey},
	} {
		if x.Issuer == "" {
			if x.ClientID != "" || x.secret != "" || x.key != "" {
				return nil, fault.New(fault.Invalid, "cli.oidc", "--oidc-%s-issuer is missing", x.Name)
			}
			continue
		}
		if x.secret != "" {
			text, err := os.ReadFile(x.secret)
			if err != nil {
				return nil, err
			}
			x.Secret = strings.TrimSpace(string(text))
		}
		if x.key != "" {
			var err error
			if x.Key, err = readKey(x.key); err != nil {
				return nil, err
			}
		}
		out = append(out, x.Provider)
	}
	return out, nil
}

// readKey reads a private key. Errors: Invalid cli.oidc-key for one that is
// none, or too weak.
func readKey(path string) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	wrong := fault.New(fault.Invalid, "cli.oidc-key", "%s holds no RSA key of 2048 bits or more, and no P-256 key, in PEM", path)
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, wrong
	}
	var key any
	if key, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		if key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			if key, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
				return nil, wrong
			}
		}
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() >= 2048 {
			return k, nil
		}
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P256() {
			return k, nil
		}
	}
	return nil, wrong
}

// relying lets in who comes from the providers; nil without any.
func (s *server) relying(door *login.Door) (*login.Relying, error) {
	list, err := s.opts.providers.list()
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return login.NewRelying(login.RelyingOptions{Accounts: s.house.accounts, Door: door, BaseURL: s.baseURL(), Now: time.Now,
		Place: placeOf, Providers: list})
}

// placeOf finds the trust, and the site, of an ODS code among those that this
// system serves.
func placeOf(code string) (org, site string, ok bool) {
	for _, o := range organisations() {
		if o.Code == code {
			return o.Code, "", true
		}
	}
	for _, t := range uk.Trusts() {
		for _, x := range t.Sites {
			if x.Code == code {
				return t.Code, x.Code, true
			}
		}
	}
	return "", "", false
}

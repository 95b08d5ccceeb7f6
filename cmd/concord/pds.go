package main

import (
	"crypto/rsa"
	"time"

	"concord/exchange/pds"
	"concord/fault"
)

// tracing is how the Personal Demographics Service is asked; without an address
// it is not.
type tracing struct {
	PDS      string `help:"Address of the Personal Demographics Service (FHIR), which stewards may then ask." name:"pds" placeholder:"URL"`
	PDSToken string `help:"Token endpoint for PDS." name:"pds-token-url" placeholder:"URL"`
	PDSApp   string `help:"API key of the application at PDS." name:"pds-api-key" placeholder:"KEY"`
	PDSKey   string `help:"Private key (RSA, PEM) of the application at PDS." name:"pds-key-file" placeholder:"FILE"`
	PDSKeyID string `help:"Id of that key." name:"pds-key-id" placeholder:"ID"`
	PDSOrg   string `help:"ODS code of who asks PDS." name:"pds-organisation" placeholder:"ODS"`
}

// client is nil when no address is set.
func (t tracing) client() (*pds.Client, error) {
	if t.PDS == "" {
		return nil, nil
	}
	o := pds.Options{Base: t.PDS, Organisation: t.PDSOrg}
	if t.PDSKey != "" {
		key, err := readKey(t.PDSKey)
		if err != nil {
			return nil, err
		}
		if _, ok := key.(*rsa.PrivateKey); !ok || t.PDSToken == "" || t.PDSApp == "" || t.PDSKeyID == "" {
			return nil, fault.New(fault.Invalid, "cli.pds", "PDS wants an RSA key with its id, an API key and a token endpoint")
		}
		s := &pds.Signer{URL: t.PDSToken, Key: t.PDSApp, KeyID: t.PDSKeyID, Private: key, Now: time.Now}
		o.Token = s.Token
	}
	return pds.New(o)
}

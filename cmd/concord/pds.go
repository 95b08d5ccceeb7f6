package main

import (
	"crypto/rsa"
	"os"
	"strings"
	"time"

	"concord/exchange/pds"
	"concord/fault"
)

// tracing is how the Personal Demographics Service is asked; without an address
// it is not.
type tracing struct {
	PDS      string `help:"Address of the Personal Demographics Service (FHIR), which stewards may then ask." name:"pds" placeholder:"URL"`
	PDSToken string `help:"Token endpoint for PDS." name:"pds-token-url" placeholder:"URL"`
	PDSApp   string `help:"File with the API key of the application at PDS, or the variable CONCORD_PDS_API_KEY with the key itself." name:"pds-api-key-file" placeholder:"FILE"`
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
		app, err := t.apiKey()
		if err != nil {
			return nil, err
		}
		if _, ok := key.(*rsa.PrivateKey); !ok || t.PDSToken == "" || app == "" || t.PDSKeyID == "" {
			return nil, fault.New(fault.Invalid, "cli.pds", "PDS wants an RSA key with its id, an API key and a token endpoint")
		}
		s := &pds.Signer{URL: t.PDSToken, Key: app, KeyID: t.PDSKeyID, Private: key, Now: time.Now}
		o.Token = s.Token
	}
	return pds.New(o)
}

// pdsKeyEnv names the variable with the API key at PDS. A key is never on a command
// line, where everybody on the machine can read it.
const pdsKeyEnv = "CONCORD_PDS_API_KEY"

// apiKey is the API key at PDS, of the file or else of the variable; "" = none.
func (t tracing) apiKey() (string, error) {
	if t.PDSApp == "" {
		return strings.TrimSpace(os.Getenv(pdsKeyEnv)), nil
	}
	text, err := os.ReadFile(t.PDSApp)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "cli.pds", "the file of the API key at PDS cannot be read: %s", t.PDSApp)
	}
	return strings.TrimSpace(string(text)), nil
}

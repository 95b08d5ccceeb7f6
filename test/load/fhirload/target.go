package fhirload

import (
	"fmt"
	"net/url"
	"strings"
)

// Target is the server under load.
type Target struct {
	Name string // how reports call it
	base *url.URL
	auth string // value of the Authorization header, "" = none
}

// NewTarget names a server by its base URL and a bearer token ("" = none).
func NewTarget(name, base, token string) (*Target, error) {
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no base URL of a FHIR server", base)
	}
	t := &Target{Name: name, base: u}
	if token != "" {
		t.auth = "Bearer " + token
	}
	return t, nil
}

// path is what the request line names for a path below the base, "" = the base.
func (t *Target) path(below string) string {
	switch {
	case below == "" && t.base.Path == "":
		return "/"
	case below == "":
		return t.base.Path
	}
	return t.base.Path + "/" + below
}

// address is where to connect.
func (t *Target) address() string {
	if t.base.Port() != "" {
		return t.base.Host
	}
	if t.base.Scheme == "https" {
		return t.base.Hostname() + ":443"
	}
	return t.base.Hostname() + ":80"
}

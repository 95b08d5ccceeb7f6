package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"concord/edge/login"
	"concord/fault"
)

func TestProviderSettings(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := func(name string, key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return write(name, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := write("secret", []byte("of the client\n"))
	p := providers{OIDCStaffIssuer: "https://id.example", OIDCStaffClient: "concord", OIDCStaffSecretFile: secret, OIDCStaffLevel: 2,
		OIDCPatientIssuer: "https://login.example", OIDCPatientClient: "concord", OIDCPatientKey: key("good", good)}
	list, err := p.list()
	if err != nil || len(list) != 2 || list[0].Secret != "of the client" || list[1].Key == nil || !list[1].Patients {
		t.Fatalf("%+v %v", list, err)
	}
	if list, err := (providers{OIDCStaffTitle: "NHS CIS2", OIDCStaffLevel: 2}).list(); err != nil || len(list) != 0 {
		t.Errorf("without an issuer: %v %v", list, err)
	}
	for why, edit := range map[string]func(*providers){
		"a weak key":          func(p *providers) { p.OIDCPatientKey = key("weak", weak) },
		"no key":              func(p *providers) { p.OIDCPatientKey = secret },
		"no issuer":           func(p *providers) { p.OIDCStaffIssuer = "" },
		"no client":           func(p *providers) { p.OIDCStaffClient = "" },
		"no secret":           func(p *providers) { p.OIDCStaffSecretFile = "" },
		"in the clear":        func(p *providers) { p.OIDCStaffIssuer = "http://id.example" },
		"no such level":       func(p *providers) { p.OIDCStaffLevel = 4 },
		"something else, too": func(p *providers) { p.OIDCStaffIssuer = "file:///etc/passwd" },
	} {
		q := p
		edit(&q)
		list, err := q.list()
		if err == nil {
			_, err = login.NewRelying(login.RelyingOptions{Providers: list})
		}
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if org, site, ok := placeOf("RQM01"); !ok || org != "RQM" || site != "RQM01" {
		t.Errorf("%s %s %v", org, site, ok)
	}
}

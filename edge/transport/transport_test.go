package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"concord/edge/transport"
	"concord/fault"
)

// issued is a certificate that an authority signed (itself, when by is nil).
type issued struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func issue(t *testing.T, name string, by *issued) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	form := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IsCA: by == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	parent, signer := form, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{cert, key}
}

func (i *issued) pem(t *testing.T) (cert, key []byte) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func (i *issued) pair() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{i.cert.Raw}, PrivateKey: i.key, Leaf: i.cert}
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func write(t *testing.T, name string, text []byte, at time.Time) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestCertificateIsReadAnew(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first, second := issue(t, "first", nil), issue(t, "second", nil)
	put := func(one *issued, cert, key bool) {
		a, b := one.pem(t)
		if cert {
			write(t, certFile, a, c.at)
		}
		if key {
			write(t, keyFile, b, c.at)
		}
	}
	put(first, true, true)
	got, err := transport.OpenCertificate(certFile, keyFile, c.now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	name := func() string {
		pair, err := got.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.Subject.CommonName
	}
	c.at = c.at.Add(time.Minute)
	put(second, true, false) // half of a replacement
	if name() != "first" {
		t.Error("a certificate without its key was taken")
	}
	put(second, false, true)
	if name() != "first" {
		t.Error("the files are looked at with every connection")
	}
	c.at = c.at.Add(time.Minute)
	if name() != "second" || !got.Until().Equal(second.cert.NotAfter) {
		t.Error("the new certificate was not taken")
	}
	c.at = c.at.Add(time.Minute)
	write(t, certFile, []byte("nonsense"), c.at)
	if name() != "second" {
		t.Error("nonsense was taken")
	}
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(time.Minute)
	if name() != "second" {
		t.Error("the certificate in force went with its file")
	}
	if _, err := transport.OpenCertificate(certFile, keyFile, c.now, slog.New(slog.DiscardHandler)); fault.Of(err) == nil || fault.Of(err).Code != "transport.certificate" {
		t.Errorf("a start without a key: %v", err)
	}
}

// TestClientCertificates: who shows a certificate of the authority is known by
// it, one of another authority does not get a connection, and where it is
// asked of everybody nobody gets one without.
func TestClientCertificates(t *testing.T) {
	dir := t.TempDir()
	authority, stranger := issue(t, "authority", nil), issue(t, "stranger", nil)
	server, client, other := issue(t, "server", authority), issue(t, "client", authority), issue(t, "client", stranger)
	certFile, keyFile, caFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")
	a, b := server.pem(t)
	write(t, certFile, a, time.Now())
	write(t, keyFile, b, time.Now())
	ca, _ := authority.pem(t)
	write(t, caFile, ca, time.Now())
	own, err := transport.OpenCertificate(certFile, keyFile, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	clientPEM, _ := client.pem(t)
	want, err := transport.ReadThumbprint(clientPEM)
	if err != nil {
		t.Fatal(err)
	}
	for _, must := range []bool{false, true} {
		conf, err := own.Config(caFile, must)
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, transport.Shown(r.TLS)) }))
		srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		srv.TLS = conf
		srv.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(authority.cert)
		ask := func(shown ...tls.Certificate) (string, bool) {
			tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost",
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					if len(shown) == 0 {
						return &tls.Certificate{}, nil
					}
					return &shown[0], nil
				}}}
			defer tr.CloseIdleConnections()
			res, err := (&http.Client{Transport: tr}).Get(srv.URL)
			if err != nil {
				return "", false
			}
			defer res.Body.Close()
			text, _ := io.ReadAll(res.Body)
			return string(text), true
		}
		if got, ok := ask(client.pair()); !ok || got != want {
			t.Errorf("must %v: with the certificate: %q %v", must, got, ok)
		}
		if got, ok := ask(); ok == must || got != "" {
			t.Errorf("must %v: without: %q %v", must, got, ok)
		}
		if got, ok := ask(other.pair()); ok {
			t.Errorf("must %v: with one of a stranger: %q", must, got)
		}
		srv.Close()
	}
	for name, text := range map[string]string{"none.pem": "", "key.pem": string(b)} {
		file := filepath.Join(dir, "x"+name)
		write(t, file, []byte(text), time.Now())
		if _, err := own.Config(file, true); !fault.Is(err, fault.Invalid) {
			t.Errorf("authorities in %s: %v", name, err)
		}
		if _, err := transport.ReadThumbprint([]byte(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("thumbprint of %s: %v", name, err)
		}
	}
	if _, err := own.Config(filepath.Join(dir, "missing"), true); !fault.Is(err, fault.Invalid) {
		t.Errorf("a missing file of authorities: %v", err)
	}
}

func TestPace(t *testing.T) {
	c := &clock{time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	p := transport.NewPace(2, c.now)
	for i := range 10 {
		if p.Wait("ada") != 0 {
			t.Fatalf("request %d of five seconds' worth has to wait", i)
		}
	}
	if wait := p.Wait("ada"); wait != 500*time.Millisecond {
		t.Errorf("the next waits %v", wait)
	}
	if p.Wait("ada") != 500*time.Millisecond {
		t.Error("a refused request counts against its sender")
	}
	if p.Wait("bob") != 0 {
		t.Error("one slows another")
	}
	c.at = c.at.Add(500 * time.Millisecond)
	if p.Wait("ada") != 0 || p.Wait("ada") == 0 {
		t.Error("half a second earns one request")
	}
	for i := range 12_000 { // others do not make it forgotten who goes on asking
		p.Wait(strconv.Itoa(i))
		if p.Wait("ada") == 0 {
			t.Fatalf("ada is forgotten after %d others", i)
		}
	}
	if p.Wait("carol") != 0 {
		t.Error("a new one has to wait")
	}
	if transport.NewPace(0, c.now).Wait("ada") != 0 || (*transport.Pace)(nil).Wait("ada") != 0 {
		t.Error("no limit limits")
	}
}

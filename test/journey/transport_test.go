package journey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// papers are an authority and what it signed, in files.
type papers struct {
	t         *testing.T
	dir       string
	authority *x509.Certificate
	key       *ecdsa.PrivateKey
}

func newPapers(t *testing.T) *papers {
	p := &papers{t: t, dir: t.TempDir()}
	p.authority, p.key = p.sign("authority")
	return p
}

// sign writes NAME.pem and NAME.key.
func (p *papers) sign(name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	form := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: p.authority == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	by, signer := p.authority, p.key
	if by == nil {
		by, signer = form, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, by, &key.PublicKey, signer)
	if err != nil {
		p.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		p.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	file(p.t, p.dir, name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})))
	file(p.t, p.dir, name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	return cert, key
}

func (p *papers) path(name string) string { return filepath.Join(p.dir, name) }

// config is how a client connects that shows a certificate, or none.
func (p *papers) config(name string) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(p.authority)
	conf := &tls.Config{RootCAs: roots}
	if name != "" {
		pair, err := tls.LoadX509KeyPair(p.path(name+".pem"), p.path(name+".key"))
		if err != nil {
			p.t.Fatal(err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return conf
}

// TestTransport: a certificate is replaced without a restart; a token that is
// bound to a client's certificate is worth nothing without it; over MLLP
// nobody is heard without one; and who asks too fast is told so.
func TestTransport(t *testing.T) {
	p, dir := newPapers(t), t.TempDir()
	old, _ := p.sign("server")
	p.sign("client")
	p.sign("other")
	s := start(t, dir, "serve", "--tls-cert", p.path("server.pem"), "--tls-key", p.path("server.key"), "--mllp-tls",
		"--client-ca", p.path("authority.pem"), "--mllp-client-ca", p.path("authority.pem"), "--client-rate", "2")
	token := func(args ...string) string {
		out, errs, code := cli(t, "", append([]string{"token", "--data", dir, "--scope", "system/*.rs"}, args...)...)
		if code != 0 {
			t.Fatalf("token: %s", errs)
		}
		return strings.TrimSpace(out)
	}
	bound, free := token("--client", "bound", "--certificate", p.path("client.pem")), token("--client", "free")
	ask := func(token, certificate string) *http.Response {
		t.Helper()
		tr := &http.Transport{TLSClientConfig: p.config(certificate)}
		defer tr.CloseIdleConnections()
		req, err := http.NewRequest(http.MethodGet, s.http+"/fhir/Patient?_count=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := (&http.Client{Transport: tr}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK && !bytes.Contains(text, []byte("OperationOutcome")) {
			t.Errorf("%d: %s", res.StatusCode, text)
		}
		return res
	}
	for _, c := range []struct {
		what, token, certificate string
		status                   int
	}{
		{"a bound token with its certificate", bound, "client", 200}, {"without", bound, "", 401}, {"with another", bound, "other", 401},
		{"a token that is not bound", free, "", 200}, {"the same with a certificate", free, "other", 200},
	} {
		res := ask(c.token, c.certificate)
		if res.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.what, res.StatusCode, c.status)
		}
		if res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no Strict-Transport-Security", c.what)
		}
	}
	if out, errs, code := cli(t, "", "token", "--data", dir, "--client", "x1", "--scope", "system/*.rs", "--certificate", p.path("client.key")); code != 2 {
		t.Errorf("a token bound to a key file: %d %s%s", code, out, errs)
	}
	slowed := false
	for range 15 { // five seconds' worth is ten
		if res := ask(free, ""); res.StatusCode == http.StatusTooManyRequests {
			slowed = true
			if res.Header.Get("Retry-After") != "1" {
				t.Errorf("told to wait %q s", res.Header.Get("Retry-After"))
			}
		}
	}
	if !slowed || ask(bound, "client").StatusCode != 200 {
		t.Errorf("too many requests of one client: slowed %v, or another suffers for it", slowed)
	}
	message := []byte("\x0b" + fmt.Sprintf(aMessage, "M1", "0012345") + "\x1c\r")
	heard := func(certificate string) bool {
		conn, err := tls.Dial("tcp", s.mllp, p.config(certificate))
		if err != nil {
			return false
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write(message); err != nil {
			return false
		}
		answer := make([]byte, 4096)
		n, _ := conn.Read(answer)
		return bytes.Contains(answer[:n], []byte("MSA|AA|M1")) || bytes.Contains(answer[:n], []byte("MSA|CA|M1"))
	}
	if heard("") || !heard("client") {
		t.Error("MLLP listens to somebody without a certificate, or not to one with it")
	}
	p.sign("server")
	shown := func() *big.Int {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(s.http, "https://"), p.config(""))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber
	}
	for until := time.Now().Add(20 * time.Second); shown().Cmp(old.SerialNumber) == 0; time.Sleep(300 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the new certificate is not shown")
		}
	}
}

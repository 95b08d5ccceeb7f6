package transport

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"sync"
	"time"

	"concord/fault"
)

// lookAgain is how often the files of a certificate are looked at, at most.
const lookAgain = 5 * time.Second

// Certificate is the server's own, in two PEM files. When they are replaced,
// connections made from then on get the new one.
type Certificate struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	state   [2]stamp
	looked  time.Time
}

// stamp tells one content of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// OpenCertificate reads a certificate with its chain, and its key. Errors:
// Invalid "transport.certificate".
func OpenCertificate(cert, key string, now func() time.Time, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, now: now, log: log, looked: now()}
	c.state = c.stamps()
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "transport.certificate", "the certificate or key cannot be used")
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return fault.Wrap(err, fault.Invalid, "transport.certificate", "the certificate cannot be read")
		}
	}
	c.current = &pair
	return nil
}

func (c *Certificate) stamps() (out [2]stamp) {
	for i, name := range [...]string{c.cert, c.key} {
		if st, err := os.Stat(name); err == nil {
			out[i] = stamp{st.ModTime(), st.Size()}
		}
	}
	return out
}

// Get is the certificate in force (tls.Config.GetCertificate).
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookAgain {
		c.looked = now
		c.renew()
	}
	return c.current, nil
}

// renew reads the files again when they have changed. A certificate and a key
// that do not belong together may be a half-finished replacement: they are
// tried again at the next look.
func (c *Certificate) renew() {
	state := c.stamps()
	if state == c.state {
		return
	}
	if err := c.read(); err != nil {
		c.log.Error("the new certificate was not taken, the old one stays", "file", c.cert, "error", err.Error())
		return
	}
	c.state = state
	c.log.Info("the certificate was read anew", "file", c.cert, "until", c.current.Leaf.NotAfter.UTC().Format(time.RFC3339))
}

// Until is when the certificate in force ends.
func (c *Certificate) Until() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current.Leaf.NotAfter
}

// Config is how the server speaks TLS. clients names a file of authorities
// (PEM): with must, who connects shows a certificate of one of them; without,
// who has one may. Errors: Invalid "transport.authorities".
func (c *Certificate) Config(clients string, must bool) (*tls.Config, error) {
	conf := &tls.Config{GetCertificate: c.Get, MinVersion: tls.VersionTLS12}
	if clients == "" {
		return conf, nil
	}
	text, err := os.ReadFile(clients)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "transport.authorities", "the file of authorities cannot be read")
	}
	conf.ClientCAs = x509.NewCertPool()
	if !conf.ClientCAs.AppendCertsFromPEM(text) {
		return nil, fault.New(fault.Invalid, "transport.authorities", "the file of authorities holds no certificate")
	}
	conf.ClientAuth = tls.VerifyClientCertIfGiven
	if must {
		conf.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return conf, nil
}

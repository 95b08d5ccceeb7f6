package feed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"time"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
)

// verdict is what came of sending one message.
type verdict int

const (
	accepted verdict = iota
	refused          // the destination said no to this message
	silent           // no answer, or none to this message: it may have arrived
	down             // the destination cannot be worked with at all
)

// answer is what a destination said.
type answer struct {
	verdict verdict
	code    string        // "AA", "AE", "201"
	reply   []byte        // of a refusal, in its words
	fault   *fault.Fault  // nil when accepted; never what stands in the reply
	wait    time.Duration // that the destination asks for
}

// line is one connection to a destination. send is not called by two at a time.
type line interface {
	send(ctx context.Context, m *record.Message) answer
	close()
}

func failed(v verdict, kind fault.Kind, code, format string, args ...any) answer {
	return answer{verdict: v, fault: fault.New(kind, code, format, args...)}
}

// defaults of a destination.
const (
	defaultWithin   = 10 * time.Second
	defaultFirst    = time.Second
	defaultMost     = time.Minute
	defaultAttempts = 10
	defaultKeep     = 30 * 24 * time.Hour
	defaultLines    = 2
)

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// tlsOf reads the files by which a destination and we prove ourselves; nil when
// it has none. Errors: Invalid "feed.tls".
func tlsOf(t *channel.TLS) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.Name}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "feed.tls", "the authorities of the destination cannot be read")
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Invalid, "feed.tls", "the authorities of the destination hold no certificate")
		}
	}
	if t.Certificate != "" {
		own, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "feed.tls", "the certificate for the destination cannot be read")
		}
		c.Certificates = []tls.Certificate{own}
	}
	return c, nil
}

// dial opens a line to a destination.
func dial(ctx context.Context, d *channel.Destination, now func() time.Time) (line, error) {
	switch d.Kind() {
	case "mllp":
		return dialMLLP(ctx, d, now)
	case "fhir":
		return openFHIR(d)
	}
	return openFolder(d)
}

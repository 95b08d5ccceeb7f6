package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net"
	"net/http"

	"concord/fault"
)

// Thumbprint names a certificate as tokens that are bound to it do
// (x5t#S256, https://www.rfc-editor.org/rfc/rfc8705#section-3.1).
func Thumbprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Shown is the thumbprint of the certificate that a client showed and that was
// verified, "" if none.
func Shown(state *tls.ConnectionState) string {
	if state == nil || len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 {
		return ""
	}
	return Thumbprint(state.PeerCertificates[0])
}

// Peer is the network address of who asks, without its port. Headers that a client
// can write are not believed.
func Peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// ReadThumbprint is the thumbprint of the first certificate of a PEM text.
// Errors: Invalid "transport.certificate".
func ReadThumbprint(text []byte) (string, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return "", fault.New(fault.Invalid, "transport.certificate", "the file does not begin with a certificate (PEM)")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "transport.certificate", "the certificate cannot be read")
	}
	return Thumbprint(cert), nil
}

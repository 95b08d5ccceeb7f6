// Package transport owns what a connection must bring before a request is
// looked at: the server's certificate, which is read anew when its files
// change, the certificates of clients, and how fast one user or client may
// ask.
//
// It never knows what is asked or about whom, and never lets anybody in: a
// certificate of a client narrows a token, it does not replace one.
//
// Invariants: new files that cannot be used leave the certificate in force; a
// token bound to a certificate is worth nothing without it; the pace of one
// never slows another.
//
// Spec: TLS 1.2 and later (RFC 8446, https://www.ncsc.gov.uk/guidance/using-tls-to-protect-data),
// certificate-bound tokens (RFC 8705), 429 (RFC 6585).
package transport

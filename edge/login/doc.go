// Package login turns an HTTP request into the requester behind it: a browser
// by its session cookie, a client by its bearer token. It owns the cookie and
// the guard against requests that another site makes in a browser's name.
//
// It never renders a page, never decides what a requester may do and never
// touches a patient.
//
// Invariants: the secret in the cookie is made anew at each sign-in and
// ended at sign-out, on the server too; a request that changes something and
// comes from another origin is refused before any handler sees it; a cookie
// never authorises the FHIR paths and a token never the pages.
//
// Spec: https://www.rfc-editor.org/rfc/rfc6265, https://www.rfc-editor.org/rfc/rfc6750,
// https://pkg.go.dev/net/http#CrossOriginProtection
package login

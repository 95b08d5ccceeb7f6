// Package login turns an HTTP request into the requester behind it: a browser
// by its session cookie, a client by its bearer token, a person by what their
// OpenID Connect provider says. It owns the cookies and the guard against
// requests that another site makes in a browser's name.
//
// It never renders a page, never decides what a requester may do and never
// touches a patient.
//
// Invariants: the secret in the cookie is made anew at each sign-in and
// ended at sign-out, on the server too; a request that changes something and
// comes from another origin is refused before any handler sees it; a cookie
// never authorises the FHIR paths and a token never the pages; a provider's
// answer counts once, in the browser that set out, and only when signature,
// issuer, audience, nonce and times of its token hold; the level of assurance
// is taken from what is signed; passkeys are bound to the configured address,
// never to a host that a request names.
//
// Spec: https://www.rfc-editor.org/rfc/rfc6265, https://www.rfc-editor.org/rfc/rfc6750,
// https://pkg.go.dev/net/http#CrossOriginProtection,
// https://openid.net/specs/openid-connect-core-1_0.html, https://www.rfc-editor.org/rfc/rfc7636,
// https://www.rfc-editor.org/rfc/rfc9207, https://openid.net/specs/openid-connect-backchannel-1_0.html
package login

// Package smart is the SMART on FHIR authorisation server: discovery, the
// checks of an app's request for access, the token endpoint, identity tokens,
// introspection, revocation, registration, and which browser apps may call
// across origins.
//
// It never keeps anything (that is record/grant), never shows a page (that is
// edge/webui, which asks the person), and never decides on an access.
//
// Invariants: a browser is sent nowhere but to an address that the app
// registered, compared whole; every code needs PKCE with S256; a confidential
// app proves itself by a signed assertion that counts once; an answer to the
// app names its issuer; nothing that an app sends is repeated in an error's
// words.
//
// Spec: https://hl7.org/fhir/smart-app-launch/STU2.2/,
// https://www.rfc-editor.org/rfc/rfc6749, https://www.rfc-editor.org/rfc/rfc7523,
// https://www.rfc-editor.org/rfc/rfc7662, https://www.rfc-editor.org/rfc/rfc7009,
// https://www.rfc-editor.org/rfc/rfc7591, https://www.rfc-editor.org/rfc/rfc9207
package smart

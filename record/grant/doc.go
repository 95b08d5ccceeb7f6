// Package grant owns what apps are let do: the registered apps with an
// administrator's decision on each, what a person lets an app do in their name
// (a grant), the codes and tokens that stand for it, launch contexts, and the
// keys that sign identity tokens.
//
// It never speaks OAuth (that is edge/smart), never shows a page, and never
// decides on an access: it turns a token into an access.Requester that is held
// to the grant, and the Desk decides with that person's own rights too.
//
// Invariants: every secret is random, stored hashed, and expires; a code counts
// once, and a second use ends the grant; a refresh token counts once, and a
// second use ends the grant; nothing is granted that the person did not agree
// to, the app did not ask for, or the app is not registered for; a grant works
// only while the app is approved for the person's organisation, the account is
// not barred, the role profile holds, and (unless offline access was granted)
// the session in which it was given stands; what waits for consent is bound to
// the session that it was asked in.
//
// Spec: https://hl7.org/fhir/smart-app-launch/STU2.2/,
// https://www.rfc-editor.org/rfc/rfc6749, https://www.rfc-editor.org/rfc/rfc7636,
// https://www.rfc-editor.org/rfc/rfc9700 (security practice)
package grant

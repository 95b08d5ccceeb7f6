// Package account owns who may sign in, as what, and what proves it: the staff
// directory (people, their role profiles, workgroups), passwords, second
// factors (authenticator app, passkeys, recovery codes), sessions with their
// lock, identities of outside providers, tokens of clients, and the one-time
// code that makes the first administrator.
//
// It never sees a patient's record and never decides what a requester may do:
// it only turns a proof into an access.Requester. It speaks no protocol: what
// an identity provider said is believed in edge/login.
//
// Invariants: nothing that proves identity is stored as it was given out
// (passwords as argon2id, random secrets as SHA-256, keys of authenticator
// apps and kept forms sealed with the installation's secret); every secret
// expires; a code, a challenge, a ticket and a kept form count once; an unknown
// name costs the same time as a wrong password; a failure never says which of
// name and password was wrong; only an open session (not locked, not waiting
// for a second factor or for the choice of a role) is given out by Session; an
// administrator does nothing in an organisation that is not theirs, and grants
// nothing to themselves; who signs in elsewhere has no factor here.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9106 (argon2id),
// https://www.rfc-editor.org/rfc/rfc6238 (TOTP), https://www.w3.org/TR/webauthn-3/,
// https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
package account

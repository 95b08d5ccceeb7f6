// Package account owns who may sign in and what proves it: accounts with their
// passwords, sessions, tokens of clients, and the one-time code that makes the
// first administrator.
//
// It never sees a patient and never decides what a requester may do: it only
// turns a password, a session or a token into an access.Requester.
//
// Invariants: nothing that proves identity is stored as it was given out
// (passwords as argon2id, random secrets as SHA-256); every secret expires;
// an unknown name costs the same time as a wrong password; a failure never
// says which of name and password was wrong.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9106 (argon2id),
// https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
package account

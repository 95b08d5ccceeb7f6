// Package access decides who may see or change what: a requester with a reason
// asks for an action, and gets a verdict plus a filter that tells, document by
// document, what may be seen.
//
// The rules are Cedar policies in policies/*.cedar, for a privacy officer to
// read. What a decision depends on is finite (role, purpose, action; kind,
// label, origin and the facts of the patient), so that each question is put to
// Cedar once and its answer kept: a filter is a table, filled in as it is
// needed. Check holds every stated property against every case.
//
// It never fetches anything and never allows by default: what no policy permits
// is denied, a policy that cannot be evaluated refuses, and a file that cannot
// be read stops the program at start. The Desk (package record) finds the facts
// and applies the filter on every path.
//
// Invariants: Decide is pure but for the answers that it keeps; every verdict
// names the policy that spoke; an operator's own file can only forbid, or take
// the place of one of ours by its name.
//
// Spec: docs/access.md; Cedar (https://docs.cedarpolicy.com); roles after the
// national RBAC (https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/national-rbac-for-developers).
package access

// Package access decides who may see or change what: a requester with a reason
// asks for an action, and gets a verdict plus a filter in the search language.
//
// It never fetches anything and never allows by default: what no rule names is
// denied. The Desk (package record) applies verdict and filter on every path.
//
// Invariants: Decide is pure; every verdict names the rule that spoke; a
// filter can only narrow.
//
// Spec: shared policy in docs/architecture/life-of-a-read.md; roles after the
// national RBAC (https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/national-rbac-for-developers).
package access

// Package webui serves the pages that staff use: it turns a request into an
// errand at the Desk, the answer into view models (care/chart) and those into
// HTML.
//
// It never holds a rule about care or access, never reaches patient data
// except through an errand, and never keeps a patient in the session: the
// patient is in the URL of every page of a record.
//
// Invariants: banner, title and body come from one chart in one response;
// every page works without JavaScript; no inline script or style; every page
// but the static files is sent with Cache-Control: no-store; a failure of each
// kind has its page in one table (failure.go).
//
// Spec: NHS Common User Interface (banner, dates, names, tables), WCAG 2.2 AA,
// https://service-manual.nhs.uk/design-system
package webui

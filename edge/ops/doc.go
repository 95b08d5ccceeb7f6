// Package ops owns what an operator's tools ask of a running server: health,
// readiness and metrics. It shows no patient data.
//
//	/healthz  the process answers
//	/readyz   it can read and write its store
//	/metrics  Prometheus text format
package ops

// Package openid signs in at the pages with a real OpenID Connect provider: the
// npm package oidc-provider, run by Node beside the test, with people whose
// claims have the shape of CIS2 (staff) and of NHS login (patients). The
// provider stands behind a proxy of the test, which can put a forged answer in
// the place of a true one.
//
// Without Node the tests are skipped, and say so.
package openid

// Package clients puts public FHIR clients to work on the real binary: the npm
// packages fhir-kit-client and fhirclient, as an app would use them, in the
// Node scripts of scripts/. Each step of a script is a test.
//
// The packages are pinned by package-lock.json, which names no registry, and
// installed by npm ci into the user's cache, once for each state of the lock
// file; node_modules is never part of the repository. The overrides of
// package.json replace what only React Native needs by a package without code
// of its own.
//
// Without Node the tests are skipped, and say so.
package clients

// Package fhirpath owns the FHIRPath language on FHIR R4: it compiles an
// expression once and evaluates it on resources as often as wanted.
//
// It never does I/O and never reads the clock: now() is Env.Now, references
// and value sets are looked up by functions that the caller gives. It never
// changes what it reads.
//
// The way of an expression: lexer.go → parser.go (a tree, ast.go) →
// compile.go (closures). A closure appends its result to the machine's stack
// (machine.go), so that evaluation seldom allocates. Check (check.go) goes over
// the tree with the R4 types and finds paths that cannot exist.
//
// Invariants: an Expr is safe for concurrent use; evaluation ends within
// Env.Steps; strings and numbers made by an expression have bounded size;
// decimals are exact, never binary floats.
//
// Where the specification and the official R4 suite differ, the suite decides;
// such places say so.
//
// Spec: http://hl7.org/fhirpath/N1/, https://hl7.org/fhir/R4/fhirpath.html
package fhirpath

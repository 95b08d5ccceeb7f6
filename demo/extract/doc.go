// Package extract owns made-up extracts of a trust that joins: the population
// of demo/linked as one trust knows it, with what such a trust holds on it, in
// the files of docs/operate/extract-layout.md.
//
// What is wrong in an extract is planted at the rates of Faults and counted as
// it is planted, so that what a profile finds can be held against the truth. It
// never touches the store and never holds a real person.
//
// Invariant: the same seed, people and faults give the same files.
package extract

// Package dictionary owns the compression dictionaries of stored bodies. They
// are trained by store/dictionary/gen on made-up resources only, since a
// dictionary holds raw pieces of its samples; a number, once shipped, never
// changes its content.
package dictionary

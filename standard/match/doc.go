// Package match tells how likely two patient records are of one human being:
// Fellegi–Sunter linkage with term frequencies, explained in words.
//
// A Record is what a source wrote. A Lexicon makes a Subject of it: normalised
// once, of fixed size and without pointers, so that a pair is compared on small
// integers without allocation and millions lie in a file. A Model is a data
// file that a steward can read; a Scorer is a Model made ready. Learn finds m
// and u from data without known answers (expectation maximisation).
//
// It never reads a file, keeps no state, and joins nothing: it gives a weight,
// a grade, the guards that spoke, and a waterfall.
//
// Invariants:
//   - Comparing is symmetric: (a, b) and (b, a) have one pattern and one weight.
//   - A junk value (baby of, 01-Jan-1900, the ward's telephone) is no value: it
//     neither agrees nor differs.
//   - An NHS number that fails its check digit never makes a match certain, nor
//     do two records with different valid numbers ever match for certain.
//   - A claim (what only a third record could refute) is never certain by Score:
//     who has seen all candidates, and no rival among them, upholds it.
//   - Twins, newborns without a name and relatives of one name at one address
//     are at most probable, unless a valid NHS number or a hospital number is
//     shared.
//
// Sources: Fellegi and Sunter, A Theory for Record Linkage, JASA 64 (1969);
// Winkler, String Comparator Metrics, 1990; the published linkage model of NHS
// England (https://github.com/nhsengland/NHSE_probabilistic_linkage) for
// blocking rules and comparison levels; Splink's documentation
// (https://moj-analytical-services.github.io/splink/) for the order of
// training. docs/matching.md explains all this to a steward.
package match

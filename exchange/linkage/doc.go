// Package linkage owns the matching of many records at once: it reads tables,
// learns a model, compares what shares a blocking key, and gathers clusters.
//
// Work goes in steps (read, keys, learn, compare, decide), each of which leaves
// files in a folder and is not done again by a second run. Subjects lie in one
// file by number; each blocking rule has a file of keys, sorted outside memory
// when it is large; blocks stream off it and are compared on all cores.
//
// It never opens the store, keeps a name in a file other than its scratch
// folder, or chooses a threshold by the truth: measures are taken afterwards.
//
// Invariants:
//   - The same input and model give the same files, whatever the number of
//     workers and the memory.
//   - A pair is compared once, under the first rule whose key it shares.
//   - What rests on a claim is joined after what is certain, and only if neither
//     record has a rival.
//   - No cluster holds two different valid NHS numbers, nor a pair on which a
//     guard spoke against a join; two clusters are not chained by a weak link.
//
// Memory is bounded by Options.Memory, apart from the counts of distinct names
// and four bytes a record for clusters. Model: concord/standard/match and
// docs/matching.md.
package linkage

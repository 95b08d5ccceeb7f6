// Package linked owns a made-up population as four trusts know it, with the
// truth of who is who: for measuring how well and how fast records are matched.
//
// People come of package demo, gathered into households with twins, spouses,
// and relatives of one name. Each trust that knows a person has its own record,
// with errors at the rates of rates.yaml, which says where each comes from and
// was frozen before anything was tuned.
//
// It never touches the store, and never holds a real person: NHS numbers lie in
// the ranges that are never issued, and telephone numbers begin with three
// noughts, which no number does.
//
// Invariant: the same seed, rates and index give the same rows, whatever the
// size of the population.
package linked

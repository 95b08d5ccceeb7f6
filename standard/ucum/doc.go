// Package ucum reads expressions of the Unified Code for Units of Measure and
// says how many of one unit another is.
//
// It owns the table of units that health records use. It never guesses: what it
// does not know is no unit, and units that convert by more than a factor
// (degrees Celsius, pH) or by none (international units) convert into
// themselves alone.
//
// Spec: https://ucum.org/ucum
package ucum

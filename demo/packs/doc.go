// Package packs owns the org packs of the demonstration: four acute trusts and
// a community unit, each a folder of YAML (docs/operate/org-pack.md). Wards,
// clinics, consultants and feeds are those that package demo sends messages of;
// channels (docs/operate/feeds.md) lead to legacy systems that demo plays.
//
// It never holds a real person: consultants are made up.
package packs

import "embed"

// FS holds a folder for each organisation, by its ODS code.
//
//go:embed R1K RAS RQM RV3 RYJ
var FS embed.FS

// Package packs owns the org packs of the demonstration: four acute trusts and
// a community unit, each a folder of YAML (docs/operate/org-pack.md). Wards,
// clinics, consultants and feeds are those that package demo sends messages of;
// channels (docs/operate/feeds.md) lead to legacy systems that demo plays.
//
// The catalogues of two trusts that join, and of the domain (QRV), lie in their
// folders catalogue (docs/operate/harmonise.md), with the decisions on them.
//
// It never holds a real person: consultants are made up, and so are
// codes of drugs that begin with 999.
package packs

import "embed"

// FS holds a folder for each organisation, by its ODS code.
//
//go:embed QRV R1K RAS RQM RV3 RYJ
var FS embed.FS

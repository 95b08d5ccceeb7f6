// Package chart owns what staff see of a record: it turns the items of a
// record.Chart into view models (banner, summary, timeline, results,
// observations, medicines, allergies, problems, documents, encounters,
// appointments, demographics, source), each with the query that fetches it.
//
// It never fetches, never writes, never decides access and holds no HTML.
//
// Invariants: every row names the organisation that recorded it; unknown is
// said in words, never by a blank or a question mark; nothing is dropped
// because it is odd (a withdrawn item is marked, a value of unknown kind is
// shown as text); horizontal tables run to the newest at the right, lists
// start with the newest; the same item twice is one row that names both
// sources, a conflict is shown and not resolved.
//
// Spec: NHS Common User Interface guides (banner PAB, tables GTAB, medicines
// MEDi, dates D+Ta, names NID), RCP NEWS2 2017, FHIR R4.
package chart

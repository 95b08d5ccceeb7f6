// Package demo owns made-up people of North West London and the hospital
// stories that they live, and sends them in by the front door: HL7 v2 over
// MLLP and FHIR R4 over HTTP.
//
// It never touches the store, so that seeding is also a test of the product;
// and it never holds a real person: NHS numbers lie in the ranges that are
// never issued, telephone numbers in those that Ofcom keeps for drama, and
// postcodes end in letters that the Royal Mail does not use.
//
// Invariants:
//   - The same seed, index and day give the same person, whatever the size of
//     the population; the same story gives the same messages with the same
//     control ids, so that sending twice changes nothing.
//   - Nothing is sent that has not happened yet. A story whose discharge lies
//     ahead leaves its patient on the ward; only bookings look ahead.
//   - No two patients lie in one bed at one time.
//
// Stories are pathways: YAML files in pathways/, read by ParsePathway, whose
// comment describes the language. Diagnoses and medicines carry codes of
// "urn:concord:demo:…", made up here: SNOMED CT and dm+d are licensed and not
// shipped, apart from the few codes by which vital signs are recognised.
package demo

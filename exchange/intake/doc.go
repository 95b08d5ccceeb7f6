// Package intake receives what hospital systems send, keeps it, and brings the
// record up to date with it: receive → journal → parse → map → apply.
//
// A message is journalled durably before it is acknowledged, and what is wrong
// with it after that is a dead letter, never a late refusal. Dead letters can
// be replayed once the mapping can read them.
//
// Mapping (Map) is pure: a message and its feed's settings become drafts of
// FHIR R4 resources that claim UK Core profiles. How a draft meets what is
// stored is its Fold: also pure, so that every state change can be read as a
// table and tested without a store.
//
// It never skips the journal, never writes except through the Desk, and never
// deletes: a visit that was deleted at its source (A23) becomes
// entered-in-error.
//
// Before it is mapped a message goes through the channel that its trust has for the
// feed, which passes it over by a named rule or puts fields right (exchange/feed/channel);
// the journal keeps it as it came. The trust's codes are written by its crosswalk
// (exchange/crosswalk). Both are the record's: they take effect without a restart, and
// where they cannot be read the trust's messages wait.
//
// Invariants:
//   - Identifiers given out by a trust (hospital, visit, order numbers) are
//     scoped by the feed's trust, never by the assigning authority's name.
//   - An older event (EVN-2) never overwrites newer demographics or a newer
//     state of a visit; it only fills gaps.
//   - A message that says what is stored makes a version if it is of a later
//     moment, before which others are old from then on, and none if it is played
//     again with the time that it had.
//   - An NHS number that is not well formed is kept with the status "trace
//     required" and never offered for joining.
//   - Every valued field that no rule read is named in Mapped.Unmapped.
//
// Specifications: HL7 2.3 to 2.5.1 chapters 3, 4, 7, 9, 10; the v2-to-FHIR
// implementation guide (https://build.fhir.org/ig/HL7/v2-to-fhir) as the
// reference for tables; UK Core (https://fhir.hl7.org.uk).
package intake

// Package pack owns org packs: what an organisation is in the record, as files
// under version control. A pack says its sites, wards, beds, clinics,
// specialties, consultants, numbering systems, roles, teams, letterheads, feeds
// and returns; it is read, held against rules, held against what runs, and
// applied without a restart.
//
// What FHIR has a type for becomes resources that the organisation controls
// (Organization, Location, HealthcareService, Practitioner, PractitionerRole);
// the whole pack is kept beside them in one Basic resource, so that its
// versions, and who applied them, are those of any resource.
//
// It never deletes: what a pack no longer names becomes inactive, since the
// record refers to it. It never grants access: roles in a pack are the positions
// that an organisation knows, not who holds them.
//
// Invariants:
//   - A pack with a problem is not applied; a problem names file, line, field
//     and rule.
//   - Applying the pack that runs writes nothing; what is written is one
//     transaction, and a pack that was changed meanwhile is refused.
//   - Two organisations never own one site code or feed.
//
// Layout: docs/operate/org-pack.md.
package pack

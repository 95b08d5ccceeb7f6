package record

// EventExtension, in meta, is the time of the newest event that a resource
// reflects: of a message the time that it tells of, of a load when the extract was
// taken. It is what tells a late message, or one that is played again, from a new
// one.
const EventExtension = "urn:concord:event-time"

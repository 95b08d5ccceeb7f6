package intake

import (
	"time"

	"concord/exchange/crosswalk"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// Feed is one sending system of one trust.
type Feed struct {
	Name  string // short and stable: it stands in meta.source
	Trust string // ODS code
	// Ack forces an acknowledgement mode; the zero value follows the message.
	Ack hl7v2.Mode
	// AcceptProcessing lists the MSH-11 values that are taken; empty is all.
	AcceptProcessing []string
	// Zone is where the sender's clocks stand. It must be set.
	Zone *time.Location
	// Table is what becomes of the trust's codes; nil = they are written as sent.
	Table *crosswalk.Table
}

// Source is meta.source of what a message of this feed wrote.
func (f Feed) Source(control string) string {
	return "urn:concord:feed:" + f.Trust + ":" + escapeURI(f.Name) + "#" + escapeURI(control)
}

// Mapped is what one message asks to be written about one patient.
type Mapped struct {
	Trigger string // "ADT^A01"
	Control string // MSH-10
	Patient PatientKey
	Event   time.Time // EVN-2, else MSH-7
	// Drafts in the order of their writing; the Patient comes first.
	Drafts []Draft
	Merge  *Merge
	Moves  []Move
	Rehome *Rehome
	// Link says that this patient and the one before it in the message are one
	// person; Unlink, that they are not.
	Link, Unlink bool
	// Unmapped are the places of valued fields that no rule read, such as
	// "PV1-41", and of whole segments, such as "ZPI".
	Unmapped []string
	// Uncoded are codes that the trust's table does not know.
	Uncoded []Uncoded
	// Warnings are sentences without patient data.
	Warnings []string
}

// PatientKey says whose entry a message is about.
type PatientKey struct {
	Trust  string // ODS code of the feed's trust
	Number string // hospital number, unique within the trust
	// NHS is the NHS number as sent, without spaces; "" if none.
	NHS       string
	NHSStatus uk.VerificationStatus
	// NHSValid: ten digits with the right check digit. Nothing may be joined
	// on a number that is not valid.
	NHSValid bool
}

// Merge is a statement of the sender that old hospital numbers and the one of
// Mapped.Patient are the same patient, who goes on under the latter.
type Merge struct{ Old []string }

// Draft is one resource to be created or brought up to date.
type Draft struct {
	Type string
	// Key is the business key, unique within type and trust, such as
	// "visit|6001036". It is what finds the stored resource again.
	Key string
	// Adopts are keys under which the resource may be stored from before it
	// had its Key: the first that is found, when Key is not, becomes this
	// resource and gives up its old key.
	Adopts []string
	// Absorbs: where its Key and one that it adopts are both stored, they are one
	// from then on, under the Key.
	Absorbs bool
	// Resource has no id. References to the patient read "#patient", those to
	// other drafts "#key:Type/Key". They are resolved before folding.
	Resource *fhir.Value
	Fold     Fold
}

// Fold meets a draft with what is stored: old is nil when nothing is, in is
// the draft's resource with its references resolved. The result is what to
// store, nil for no change; the writer sets id, versionId and lastUpdated.
type Fold func(old, in *fhir.Value, c FoldContext) (*fhir.Value, error)

// FoldContext is what a fold may know besides the two resources.
type FoldContext struct{ Event time.Time }

// keyRef is a reference to another draft.
func keyRef(resourceType, key string) *fhir.Value {
	return fhir.Obj("reference", "#key:"+resourceType+"/"+key)
}

func patientRef() *fhir.Value { return fhir.Obj("reference", "#patient") }

// escapeURI keeps the unreserved characters of RFC 3986 and the bytes of
// others as %XX.
func escapeURI(s string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			out = append(out, c)
		default:
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(out)
}

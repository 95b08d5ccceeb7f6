package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

// OpKind is what a write does to one resource.
type OpKind uint8

// The kinds of write. Their numbers are kept with the versions.
const (
	Create OpKind = iota + 1
	Update
	Delete
	Patch
)

// Op is one write of a transaction.
type Op struct {
	Kind     OpKind
	Type     string
	ID       string      // of Update, Patch and Delete; a new id makes an Update a creation
	Resource *fhir.Value // of Create and Update
	// FullURL is how other resources of the transaction refer to this one
	// (Bundle.entry.fullUrl).
	FullURL string
	// Change makes of the current resource the one to keep, for a Patch.
	Change func(current *fhir.Value) (*fhir.Value, error)
	// OnlyNew makes an Update that finds something a Conflict
	// "record.exists" (If-None-Match: *).
	OnlyNew bool
	// IfMatch is the version that must be current; 0 = no condition. IfMatchToo are
	// others of which one may be instead, and IfThere (If-Match: *) any.
	IfMatch    int64
	IfMatchToo []int64
	IfThere    bool
	// IfNoneExist makes a Create conditional: a search query; a single match
	// makes it a no-op, several a Conflict "record.multiple".
	IfNoneExist string
	// Where makes an Update, Patch or Delete conditional (no ID): a search query.
	Where string
	// Key is the business key under which the trust's feed finds the resource
	// again ("visit|123"); "" = none.
	Key string
	// At names the op in errors: "Bundle.entry[3]"; "" for a single write.
	At string

	told    []fhir.Issue // what the profiles found, where that does not refuse it
	refiled bool         // part of a move (Refile)
}

// Result is what became of an op.
type Result struct {
	Type, ID string
	Version  int64 // 0 of a Delete that nothing matched
	Updated  time.Time
	Outcome  Outcome
	Item     *Item // of Create, Update and Patch
	// Told is what the resource's profiles found, where the organisation has
	// chosen to be warned.
	Told []fhir.Issue
}

// Outcome is what happened to the resource.
type Outcome uint8

// The outcomes.
const (
	Created Outcome = iota + 1
	Updated
	Unchanged // a conditional create found it
	Deleted
)

// Commit is what goes with the ops of one transaction.
type Commit struct {
	// Source makes a Provenance of everything written; nil = none.
	Source *Source
	// Joins say that entries of one trust are one patient.
	Joins []Join
	// Parts say that entries are not one patient: what the trust said before is
	// taken back, and what the model thought is overruled.
	Parts []Join
	// Once names the transaction: a second one of that name is refused with
	// Conflict "record.once", so that an interrupted load can be taken up
	// again. "" = no name.
	Once string
	// Settle moves the journalled message, in the same transaction.
	Settle *Message
	// Sole says that nobody but the caller, one transaction at a time for a key,
	// creates what IfNoneExist names, or that a claim would tell (a business key, a
	// hospital number): conditions of creates are then asked when the transaction is
	// planned, and not again when it commits.
	Sole bool
	// Own says that conditions and conditional references find what the errand's
	// organisation controls, and nothing of another's that carries its number; and
	// that a create of a Patient whose condition finds somebody else is refused:
	// Conflict "record.other-person".
	Own bool
	// Piece says that the ops are independent of each other, and how many are kept
	// at a time: in pieces of whole records, each atomic and with its own audit entry,
	// so that others need not wait for all. Results of an error are then those of the
	// ops that were kept; the Outcome of others is 0. It goes with none of Source, Joins,
	// Parts, Once and Settle. 0 = all or nothing.
	Piece int
	// Resting says that the results have what was written as it rests: without the id,
	// version and time that it is served with, and a Patient without the person. That
	// is less work, for a load of many.
	Resting bool
	// Turn does a few pieces when it is their turn; nil = at once.
	Turn func(ctx context.Context, pieces func() error) error

	name *inName // nil = the errand's own
}

// Source tells where a message or bundle came from.
type Source struct {
	System  string // identifier system of the message: "urn:concord:feed:R1K:pas"
	Message string // message or bundle id
	What    string // "ADT^A01", "transaction"
	At      time.Time
}

// Join names two entries by logical id, or by the FullURL of an op: From was
// merged into Into.
type Join struct {
	From, Into string
	// Link: they are one person, and both numbers stay in use (A24): a word of its
	// own beside a merge, which unmerging does not take back.
	Link bool
}

// Rejection is the error of a write whose resource breaks base rules.
type Rejection struct {
	At     string // "Bundle.entry[3]", or ""
	Issues []fhir.Issue
}

func (r *Rejection) Error() string {
	return fmt.Sprintf("%s: %d rule(s) broken, the first: %s", r.At, len(r.Issues), r.Issues[0].Text)
}

// As makes a Rejection an Invalid fault for who does not look closer.
func (r *Rejection) As(target any) bool {
	f, ok := target.(**fault.Fault)
	if !ok {
		return false
	}
	is := r.Issues[0]
	*f = fault.New(fault.Invalid, "validate."+is.Detail, "%s", is.Text).In(is.Expression)
	return true
}

// at puts the place of an op in front of the place that a fault names.
func at(place string, err error) error {
	if place == "" || err == nil {
		return err
	}
	var r *Rejection
	if errors.As(err, &r) {
		return err
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return err
	}
	if f.At != "" {
		place += "." + f.At
	}
	return f.In(place)
}

package fault

import (
	"errors"
	"fmt"
)

// Kind is the closed list of failures. It is append-only: edges map each Kind
// in one table, and a test in every edge proves that none is left out.
type Kind uint8

const (
	// Internal is our own mistake; outsiders see a reference number only.
	Internal Kind = iota
	// Invalid input: a rule of the format or profile is broken.
	Invalid
	// NotFound: nothing by that name is known.
	NotFound
	// Gone: it was known and has been deleted.
	Gone
	// Conflict with the present state: version, uniqueness, precondition.
	Conflict
	// Denied by the access decision, and the requester may know it.
	Denied
	// Withheld looks like NotFound outside and like Denied in the audit.
	Withheld
	// Unauthenticated: nobody we know, or a credential that has expired.
	Unauthenticated
	// Unsupported: well formed, but not something that is served here.
	Unsupported
	// TooCostly: would take more than one request may use.
	TooCostly
	// Busy: cannot be kept just now (disk full, queue full); try again.
	Busy

	kindCount
)

var kindNames = [kindCount]string{
	"internal", "invalid", "not-found", "gone", "conflict", "denied", "withheld",
	"unauthenticated", "unsupported", "too-costly", "busy",
}

// Kinds lists every kind, for the tests that hold each edge's table against it.
func Kinds() []Kind {
	all := make([]Kind, kindCount)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Fault is one failure. Code is stable and greppable; At is the place in the
// input (a FHIRPath expression, an HL7 location such as PID-7, or empty);
// Text is a sentence without patient data.
type Fault struct {
	Kind  Kind
	Code  string
	At    string
	Text  string
	cause error
}

// New makes a Fault of a kind with its code and a sentence.
func New(kind Kind, code, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Wrap makes a Fault that keeps its cause for the log; the cause is never
// shown to outsiders.
func Wrap(cause error, kind Kind, code, format string, args ...any) *Fault {
	f := New(kind, code, format, args...)
	f.cause = cause
	return f
}

// In returns a copy that names the place in the input.
func (f *Fault) In(at string) *Fault {
	c := *f
	c.At = at
	return &c
}

func (f *Fault) Error() string {
	s := f.Code
	if f.At != "" {
		s += " at " + f.At
	}
	s += ": " + f.Text
	if f.cause != nil {
		s += ": " + f.cause.Error()
	}
	return s
}

// Unwrap gives the cause, if any.
func (f *Fault) Unwrap() error { return f.cause }

// Of returns the Fault inside err, or an Internal one that wraps it. Of(nil)
// is nil.
func Of(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Kind: Internal, Code: "internal", Text: "unexpected failure", cause: err}
}

// Is tells whether err is a Fault of that kind.
func Is(err error, kind Kind) bool {
	var f *Fault
	return errors.As(err, &f) && f.Kind == kind
}

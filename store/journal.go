package store

import (
	"context"
	"time"
)

// State is where a journalled message stands.
type State uint8

// The states of a journal row. Received rows wait to be applied, in sequence.
const (
	Received State = iota + 1
	Applied
	Duplicate // the same sender, control id and content came before
	Parked    // a dead letter: kept with its reason until replayed or closed
	Ignored   // well understood, and nothing to do
	Closed    // a dead letter that a person has set aside, with a reason
)

// The states of a message that goes out. They are told apart from those above,
// so that nothing that goes out is ever applied.
const (
	Waiting  State = iota + 7 // to be sent, in sequence
	Held                      // to be sent, once one before it about the same patient is
	Sent                      // and taken by its destination
	Returned                  // refused, or not answered: kept with its reason until a person decides
	Emptied                   // sent, and its content removed by a rule of retention
)

// LastState is the highest state that there is.
const LastState = Emptied

// Message is one journalled message.
type Message struct {
	Seq     int64
	At      time.Time
	Org     string // ODS code of the feed's trust
	Feed    string
	Control string // control id as sent
	Trigger string // "ADT^A01"
	Digest  uint64 // keyed hash of (sender, control id, content)
	State   State
	Code    string  // fault code of a parked message
	Place   string  // where in the message
	Text    string  // the reason in words, without patient data
	Records []int64 // record keys that it wrote to
	Detail  []byte  // JSON: warnings, unmapped places, attempts
	Raw     []byte  // packed; nil in listings
}

// MessageFilter narrows a listing, newest first. Zero fields do not narrow.
type MessageFilter struct {
	Feed    string
	States  []State
	Control string
	Record  int64
	Before  int64 // sequence below
	Limit   int
}

// Journal reads received messages.
type Journal interface {
	// Pending returns Received rows in sequence after the given one, with Raw.
	Pending(ctx context.Context, after int64, limit int) ([]*Message, error)
	// Message returns one row with Raw. Errors: NotFound.
	Message(ctx context.Context, seq int64) (*Message, error)
	// InState returns the rows of a feed in a state, in sequence after the given
	// one, with Raw.
	InState(ctx context.Context, feed string, state State, after int64, limit int) ([]*Message, error)
	// Messages lists rows without Raw.
	Messages(ctx context.Context, f MessageFilter) ([]*Message, error)
	// Tally counts rows by feed and state (kept as running counters, so that
	// it costs the same at any size).
	Tally(ctx context.Context) ([]FeedTally, error)
	// Counts returns the counters of a feed by hour of arrival, oldest first,
	// from the given time.
	Counts(ctx context.Context, feed string, from time.Time) ([]HourCount, error)
}

// FeedTally is the standing of one feed.
type FeedTally struct {
	Feed, Org string
	ByState   map[State]int64
	Last      time.Time // arrival of its newest message
	OldestDue time.Time // arrival of its oldest Received or Waiting message, zero if none
}

// HourCount is the number of messages that arrived in one hour.
type HourCount struct {
	Hour time.Time
	N    int64
}

// JournalWriter changes the journal inside an Update.
type JournalWriter interface {
	// Append files a message as Received and gives its sequence; if a row with
	// the same Digest, feed and control id exists it is filed as Duplicate. A
	// message that goes out comes with its State, and is filed as that, with its
	// Records.
	Append(ctx context.Context, m *Message) (seq int64, state State, err error)
	// Settle moves a row to another state with its outcome (State, Code,
	// Place, Text, Records, Detail of m are taken).
	Settle(ctx context.Context, m *Message) error
	// SettleAll is Settle of many, in one round trip where there are any.
	SettleAll(ctx context.Context, list []*Message) error
	// Rewrite puts another control id and content in the place of a row's; no
	// content takes it away. Errors: NotFound "store.message".
	Rewrite(ctx context.Context, seq int64, control string, raw []byte) error
}

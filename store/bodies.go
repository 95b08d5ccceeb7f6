package store

// BodyPart is one of the places where packed bodies lie.
type BodyPart uint8

// The parts, in the order in which a body can move: what is replaced goes from
// the current versions to the past ones.
const (
	CurrentBodies BodyPart = iota + 1 // of current versions
	PastBodies                        // of the versions before
	MessageBodies                     // of the journal
)

// BodyParts are all of them, in that order.
func BodyParts() []BodyPart { return []BodyPart{CurrentBodies, PastBodies, MessageBodies} }

// BodyPlace is where one body lies, or where a walk over a part has come to.
type BodyPlace struct {
	Part    BodyPart
	Key           // of a version
	Version int64 // of one before the current
	Seq     int64 // of a message
}

// Body is one packed body with the organisation whose it is.
type Body struct {
	BodyPlace
	Org    string
	Packed []byte
}

// Repacking is another packing of the same text.
type Repacking struct {
	BodyPlace
	From, To []byte
}

// MaxBodyBytes is about how much one call of Bodies gives at most.
const MaxBodyBytes = 4 << 20

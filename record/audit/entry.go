package audit

import (
	"encoding/json"
	"time"

	"concord/record/access"
)

// Entry is one access, allowed or refused. It names resources and people by
// id; it holds no clinical content and no demographics.
type Entry struct {
	At      time.Time      `json:"at"`
	Who     string         `json:"who"`            // requester id
	Role    access.Role    `json:"role,omitempty"` //
	Org     string         `json:"org,omitempty"`
	Purpose access.Purpose `json:"purpose"`
	Reason  string         `json:"reason,omitempty"` // words the requester gave
	Action  access.Action  `json:"action"`
	Rule    string         `json:"rule"`              // the rule that decided
	Allowed bool           `json:"allowed"`           //
	Outcome string         `json:"outcome,omitempty"` // fault code when it failed after the decision
	Records []string       `json:"records,omitempty"` // ids of the patients or persons concerned
	What    []string       `json:"what,omitempty"`    // references or the search, without its values
	Count   int            `json:"count,omitempty"`   // resources shown or written
	Change  int64          `json:"change,omitempty"`  // change number that was seen
	Message string         `json:"message,omitempty"` // feed and control id, for a message
}

// encode is the leaf: the entry's JSON.
func (e *Entry) encode() ([]byte, error) { return json.Marshal(e) }

// Decode reads a leaf.
func Decode(leaf []byte) (Entry, error) {
	var e Entry
	err := json.Unmarshal(leaf, &e)
	return e, err
}

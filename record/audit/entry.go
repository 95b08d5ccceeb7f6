package audit

import (
	"encoding/json"
	"time"

	"concord/fault"
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

// encode is the payload: the entry's JSON.
func (e *Entry) encode() ([]byte, error) { return json.Marshal(e) }

// Decode reads the entry out of a row of the log. Errors: Invalid "audit.row";
// Gone "audit.removed" when a rule of retention has removed it.
func Decode(body []byte) (Entry, error) {
	var e Entry
	r, err := splitRow(body)
	if err != nil {
		return e, err
	}
	if r.payload == nil {
		return e, fault.New(fault.Gone, "audit.removed", "the entry was removed by the rule %s", r.rule)
	}
	return decodePayload(r.payload)
}

func decodePayload(payload []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(payload, &e); err != nil {
		return e, badRow()
	}
	return e, nil
}

// BreakGlass tells an access in an emergency by somebody who had no
// relationship with the patient: the purpose BTG of
// https://terminology.hl7.org/ValueSet-v3-PurposeOfUse.html.
func (e *Entry) BreakGlass() bool { return e.Purpose == access.Emergency }

package record

import (
	"context"

	"concord/record/access"
)

// Note records an act that reads and writes nothing of the record, such as
// signing in: it is decided, and leaves one audit entry, durable when Note
// returns. what tells more of the act, without patient data; failure is how
// it went, nil when it went well. Errors: Denied when the policy refuses the
// act, Busy "audit.unavailable"; failure itself is not returned.
func (e *Errand) Note(ctx context.Context, act access.Action, what string, failure error) error {
	v := e.desk.policies.Decide(e.who, e.why, act, "")
	t := trace{failure: failure}
	if what != "" {
		t.what = []string{what}
	}
	if err := e.audit(ctx, act, v, t); err != nil {
		return err
	}
	if !v.Allowed {
		return v.Refusal()
	}
	return nil
}

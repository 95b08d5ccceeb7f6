package record

import (
	"context"
	"time"

	"concord/record/access"
	"concord/store"
)

// Outside notes that a service outside is asked about a person, or about one
// entry: a steward's act. The audit entry is durable before anything is sent.
// what names the service, without patient data. Errors: NotFound
// "record.unknown", Denied.
func (e *Errand) Outside(ctx context.Context, id, what string) error {
	return e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{what}
		n, err := e.desk.whose(ctx, r, id, time.Time{})
		if err != nil {
			return err
		}
		if t.records = []string{e.desk.ids.encodePK(n.person)}; n.entry != 0 {
			t.records = append(t.records, e.desk.ids.encodePK(n.entry))
		}
		t.count = 1
		return nil
	})
}

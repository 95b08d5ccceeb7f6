package record

import (
	"context"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// maxAuditExport is how many events one export may hold: they are gathered
// before the first is sent, since the entry of the export must be durable first.
const maxAuditExport = 10_000

// ProvedEvent is an event with the proof that its entry lies in the tree; nil
// for one that no checkpoint covers yet.
type ProvedEvent struct {
	AuditEvent
	Proof *audit.Proof
}

// ExportAudit gives what FindAudit finds, all pages of it, with proofs when
// they are wanted. more tells that there is more than one export may hold.
// Errors: as those of FindAudit.
func (e *Errand) ExportAudit(ctx context.Context, a AuditAsk, proofs bool) (list []ProvedEvent, more bool, err error) {
	a.Limit = audit.MaxLimit
	err = e.read(ctx, access.ReadAudit, "AuditEvent", func(r store.Reader, v *sight, t *trace) error {
		list, more = nil, false
		t.what = []string{"export AuditEvent?" + strings.Join(a.names(), "&")}
		n, q, err := e.askedOf(ctx, v, "AuditEvent", a, t)
		if err != nil {
			return err
		}
		for page := a.Page; ; {
			found, err := e.auditPage(ctx, r, n, q, page)
			if err != nil {
				return err
			}
			for _, ev := range found.Events {
				p, err := proved(ctx, r, ev, proofs)
				if err != nil {
					return err
				}
				list = append(list, p)
			}
			if page = found.Next; page == "" || len(list) >= maxAuditExport {
				more, t.count = page != "", len(list)
				return nil
			}
		}
	})
	return list, more, err
}

func proved(ctx context.Context, r store.Reader, ev AuditEvent, wanted bool) (ProvedEvent, error) {
	out := ProvedEvent{AuditEvent: ev}
	if !wanted {
		return out, nil
	}
	var err error
	out.Proof, err = audit.ProveEntry(ctx, r, ev.Seq)
	if fault.Is(err, fault.Conflict) {
		return out, nil
	}
	return out, err
}

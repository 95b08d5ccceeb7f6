package record

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// ReadAudit gives one event of the audit log by its id (audit.EventID). Errors:
// NotFound "audit.unknown", also for what the requester may not see; Gone
// "audit.removed"; Denied.
func (e *Errand) ReadAudit(ctx context.Context, id string) (*AuditEvent, error) {
	var out *AuditEvent
	err := e.readEntry(ctx, id, func(r store.Reader, ev *AuditEvent) error { out = ev; return nil })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ProveAudit gives an event with the proof that its entry lies in the tree.
// Errors: as those of ReadAudit; Conflict "audit.unsealed".
func (e *Errand) ProveAudit(ctx context.Context, id string) (*AuditEvent, *audit.Proof, error) {
	var out *AuditEvent
	var proof *audit.Proof
	err := e.readEntry(ctx, id, func(r store.Reader, ev *AuditEvent) error {
		out = ev
		var err error
		proof, err = audit.ProveEntry(ctx, r, ev.Seq)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return out, proof, nil
}

// readEntry finds an entry and holds it against what the requester may see.
func (e *Errand) readEntry(ctx context.Context, id string, f func(store.Reader, *AuditEvent) error) error {
	unknown := fault.New(fault.NotFound, "audit.unknown", "the log has no such entry")
	return e.read(ctx, access.ReadAudit, "AuditEvent", func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{"AuditEvent/" + id}
		seq, patient, ok := audit.ParseEventID(id)
		if !ok {
			return unknown
		}
		rows, err := r.LogEntries(ctx, audit.Log, seq, 1)
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].Seq != seq {
			return unknown
		}
		entry, err := audit.Decode(rows[0].Body)
		if err != nil {
			return err
		}
		ev := &AuditEvent{Hit: audit.Hit{Seq: seq, Entry: entry}}
		n, err := e.patientIn(ctx, r, &entry, patient)
		if err != nil {
			return err
		}
		if patient != "" && n.person == 0 {
			return unknown
		}
		var q audit.Query
		if ok, err := e.narrow(ctx, r, n, &q); err != nil || !ok || q.Org != "" && q.Org != entry.Org {
			if err == nil {
				err = unknown
			}
			return err
		}
		if n.person != 0 {
			ev.Patient, t.records = "Patient/"+e.desk.ids.person(n.person), []string{e.desk.ids.encodePK(n.person)}
		}
		t.count = 1
		return f(r, ev)
	})
}

// patientIn is the person of an event's id when the entry names them, or the
// first that it names.
func (e *Errand) patientIn(ctx context.Context, r store.Reader, entry *audit.Entry, id string) (named, error) {
	all, err := (&naming{desk: e.desk, r: r, known: map[string]string{}}).patients(ctx, entry.Records, "")
	if err != nil {
		return named{}, err
	}
	ref := all[0]
	if id != "" {
		if ref = "Patient/" + id; !slices.Contains(all, ref) {
			return named{}, nil
		}
	}
	if ref == "" {
		return named{}, nil
	}
	n, _, err := e.desk.personNamed(ctx, r, strings.TrimPrefix(ref, "Patient/"), time.Time{})
	return n, err
}

package record

import (
	"context"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// RefiledBack gives the ops that take back a move of one resource: it as it was before
// the version that the move wrote (deleted, if that is its first), and what it was moved
// from as that was. They hold for what was read: write them with Transact. None when it
// was moved from nothing that still leads to it. Errors: Conflict "record.moved-since"
// when another than the errand moved it, or has written there since; NotFound; Denied.
func (e *Errand) RefiledBack(ctx context.Context, it *Item, moved int64) ([]Op, error) {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return nil, err
	}
	var ops []Op
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		origin, err := e.desk.movedFrom(ctx, r, it)
		if err != nil || origin == nil {
			return err
		}
		left, err := leftIn(ctx, r, origin.key, it.key, moved)
		if err != nil {
			return err
		}
		if origin.Feed != e.who.ID || left < 2 {
			return fault.New(fault.Conflict, "record.moved-since", "another has moved this, or written where it was, since")
		}
		ops = []Op{{Kind: Delete, Type: it.Type, ID: it.ID, IfMatch: it.Version}}
		if moved > 1 {
			if ops[0], err = e.asBefore(ctx, r, it, moved-1); err != nil {
				return err
			}
		}
		back, err := e.asBefore(ctx, r, origin, left-1)
		ops = append(ops, back)
		return err
	})
	if err != nil || len(ops) < 2 {
		return nil, err
	}
	return ops, nil
}

// movedFrom is what was moved away and leads to a resource now, nil if nothing does.
func (d *Desk) movedFrom(ctx context.Context, r store.Reader, it *Item) (*Item, error) {
	rows, err := r.ListKeys(ctx, movedSpace, it.Ref()+"/", maxFormer)
	if err != nil {
		return nil, err
	}
	for _, kv := range rows {
		typ, id, _ := strings.Cut(strings.TrimPrefix(kv.Key, it.Ref()+"/"), "/")
		doc, err := d.fetch(ctx, r, typ, id)
		if fault.Is(err, fault.NotFound) || err == nil && doc.Deleted {
			continue
		}
		if err != nil {
			return nil, err
		}
		was, err := d.item(doc)
		if err != nil {
			return nil, err
		}
		if movedTo(was.Resource) == it.Ref() {
			return was, nil
		}
	}
	return nil, nil
}

// leftIn is the version of what was moved away that the commit wrote which wrote a
// version of what it became, 0 when there is none.
func leftIn(ctx context.Context, r store.Reader, origin, became store.Key, version int64) (int64, error) {
	docs, err := r.GetVersions(ctx, []store.VersionKey{{Key: became, Version: version}})
	if err != nil || len(docs) == 0 {
		return 0, err
	}
	past, err := r.Versions(ctx, origin)
	for _, doc := range past {
		if doc.Change == docs[0].Change {
			return doc.Version, err
		}
	}
	return 0, err
}

// asBefore makes a resource what an earlier version says.
func (e *Errand) asBefore(ctx context.Context, r store.Reader, it *Item, version int64) (Op, error) {
	docs, err := r.GetVersions(ctx, []store.VersionKey{{Key: it.key, Version: version}})
	if err != nil {
		return Op{}, err
	}
	if len(docs) == 0 || docs[0].Deleted {
		return Op{}, fault.New(fault.NotFound, "record.version", "there is no such version")
	}
	was, err := e.desk.item(docs[0])
	if err != nil {
		return Op{}, err
	}
	return Op{Kind: Update, Type: it.Type, ID: it.ID, IfMatch: it.Version, Key: e.ownKey(was.Resource), Resource: withoutKeys(was.Resource.Without("id")), refiled: true}, nil
}

// ownKey is the business key under which the feeds of the errand's organisation find a
// resource, "" if it has none.
func (e *Errand) ownKey(body *fhir.Value) string {
	for _, k := range sourceKeys(body) {
		if own, ok := strings.CutPrefix(k, e.who.Org+"|"); ok {
			return own
		}
	}
	return ""
}

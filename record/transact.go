package record

import (
	"cmp"
	"context"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// A transaction is planned anew when another commit came between its plan and
// its own. One that has lost a few times waits its turn: those go one after the
// other, so that however many write to one record each of them comes through.
const (
	patience = 3
	attempts = 40
)

// Transact applies ops as one: all or nothing, with their audit entry and, when
// asked for, Provenance and the journal row. Errors name the op ("Bundle.entry[2]")
// and the element: Invalid (Rejection), Conflict "store.version",
// "record.multiple", "record.hospital-number", "record.subject", NotFound, Denied.
// Ops that are independent of each other may be kept in pieces (Commit.Piece).
func (e *Errand) Transact(ctx context.Context, ops []Op, c Commit) ([]Result, error) {
	v, err := e.mayWrite(ctx, ops)
	if err != nil {
		return nil, err
	}
	results, failure := e.transact(ctx, v, ops, c)
	if failure == nil {
		return results, nil
	}
	t := trace{failure: failure, message: messageOf(c)}
	if f := fault.Of(failure); f.Kind == fault.Denied {
		v.Allowed, v.Rule, t.failure = false, strings.TrimPrefix(f.Code, "access."), nil
	}
	// A full disk, or a caller who has left, tells of nobody: that is said even
	// where it cannot be recorded.
	if err := e.audit(ctx, actionOf(ops), v, t); err != nil && !fault.Is(failure, fault.Busy) {
		return results, err
	}
	return results, failure
}

func (e *Errand) transact(ctx context.Context, v access.Verdict, ops []Op, c Commit) ([]Result, error) {
	if err := e.desk.checkAll(e.who.Org, ops); err != nil {
		return nil, err
	}
	left := pending{ops: ops}
	for try := 1; ; try++ {
		if try == patience {
			ctx = store.Hurried(ctx) // others wait for the turn
			e.desk.turn.Lock()
			defer e.desk.turn.Unlock()
		}
		if try > 1 {
			if err := e.desk.reload(ctx); err != nil {
				return left.done, err
			}
		}
		p, err := e.desk.plan(ctx, e, left.ops, c)
		if err != nil {
			return left.done, err
		}
		err = e.keep(ctx, v, p, c)
		left.take(p)
		if err == nil || !raced(err) || try == attempts {
			return left.done, err
		}
	}
}

// raced tells a lost race, which a new plan can win, from a condition of the
// requester's that does not hold.
func raced(err error) bool {
	f := fault.Of(err)
	return f.Code == "store.version" || f.Code == "record.raced"
}

// mayWrite decides on every op before anything is read.
func (e *Errand) mayWrite(ctx context.Context, ops []Op) (access.Verdict, error) {
	var v access.Verdict
	if len(ops) == 0 {
		return e.decide(ctx, access.Update, "")
	}
	for i := range ops {
		if i > 0 && ops[i].asLike(&ops[i-1]) {
			continue // it is decided
		}
		var err error
		if v, err = e.decide(ctx, opAction(ops[i].Kind), ops[i].Type, ops[i].Type); err != nil {
			return v, at(ops[i].At, err)
		}
		if !v.Filter.Type(ops[i].Type) {
			v.Allowed = false
			if err := e.audit(ctx, opAction(ops[i].Kind), v, trace{what: []string{ops[i].Type}}); err != nil {
				return v, err
			}
			return v, at(ops[i].At, v.Refusal())
		}
		if ops[i].IfNoneExist == "" && ops[i].Where == "" {
			continue
		}
		if _, err = e.decide(ctx, access.Search, ops[i].Type, ops[i].Type); err != nil { // a condition looks for what it names
			return v, at(ops[i].At, err)
		}
	}
	return v, nil
}

// asLike tells an op of which the decision before anything is read is that of another.
func (op *Op) asLike(other *Op) bool {
	conditional := func(op *Op) bool { return op.IfNoneExist != "" || op.Where != "" }
	return op.Kind == other.Kind && op.Type == other.Type && conditional(op) == conditional(other)
}

func opAction(k OpKind) access.Action {
	switch k {
	case Create:
		return access.Create
	case Delete:
		return access.Delete
	}
	return access.Update
}

func actionOf(ops []Op) access.Action {
	if len(ops) == 1 {
		return opAction(ops[0].Kind)
	}
	return access.Update
}

func messageOf(c Commit) string {
	if c.Source == nil {
		return ""
	}
	return c.Source.System + "#" + c.Source.Message
}

// checkAll holds every resource against the base rules.
func (d *Desk) checkAll(org string, ops []Op) error {
	for i := range ops {
		op := &ops[i]
		if op.Kind == Delete || op.Kind == Patch { // what a patch makes is checked when it is made
			continue
		}
		if err := d.checkOne(org, op); err != nil {
			return err
		}
	}
	return nil
}

// checkOne holds one resource against the base rules, and against its profiles
// as the organisation has it.
func (d *Desk) checkOne(org string, op *Op) error {
	if op.Type == "AuditEvent" { // they are made of the audit log, and of nothing else
		return at(op.At, fault.New(fault.Unsupported, "audit.read-only", "AuditEvents are read, never written: the server makes them of its audit log"))
	}
	if got := op.Resource.Type(); got != op.Type {
		return at(op.At, fault.New(fault.Invalid, "record.type", "the resource is not of the type that the request names").In("resourceType"))
	}
	if op.Type == "SearchParameter" && op.Resource.StrAt("status") == "active" {
		if _, err := readParameter(op.Resource, 0); err != nil {
			return at(op.At, err)
		}
	}
	if d.check != nil {
		if wrong := errorsOf(d.check(op.Resource)); len(wrong) > 0 {
			return &Rejection{At: op.At, Issues: wrong}
		}
	}
	var err error
	op.told, err = d.profiled(org, op)
	return err
}

// commit writes a plan with its audit entry.
func (e *Errand) commit(ctx context.Context, tx store.Tx, v access.Verdict, p *plan, c Commit) error {
	if c.Once != "" {
		if err := once(ctx, tx, c.Once); err != nil {
			return err
		}
	}
	if err := p.agrees(ctx, tx); err != nil {
		return err
	}
	if err := p.holdsStill(ctx, tx, c.Sole); err != nil {
		return err
	}
	last, err := tx.LastChange(ctx)
	if err != nil {
		return err
	}
	if last == p.matched {
		p.matched = -1 // nothing came since
	}
	if err := p.sealsHold(ctx, tx, last); err != nil {
		return err
	}
	if err := p.reseal(ctx, tx); err != nil {
		return err
	}
	for _, dr := range p.inOrder() {
		if err := e.desk.write(ctx, tx, e, dr); err != nil {
			return at(dr.op.At, err)
		}
	}
	if err := p.notePast(ctx, tx); err != nil {
		return err
	}
	if err := e.desk.departPatients(ctx, tx, p); err != nil {
		return err
	}
	if err := e.desk.placePatients(ctx, tx, p); err != nil {
		return err
	}
	if err := e.desk.join(ctx, tx, e, p); err != nil {
		return err
	}
	if err := p.whoNow(ctx, tx); err != nil {
		return err
	}
	if err := p.carrySeals(ctx, tx); err != nil {
		return err
	}
	if err := e.later.note(ctx, tx, p); err != nil {
		return err
	}
	if c.Settle != nil {
		if err := waiting(ctx, tx, c.Settle.Seq); err != nil {
			return err
		}
		c.Settle.Records = p.records()
		if err := tx.Settle(ctx, c.Settle); err != nil {
			return err
		}
	}
	t := trace{records: e.desk.recordIDs(p.keys()...), count: len(p.drafts), change: tx.Change(), message: messageOf(c)}
	for _, dr := range p.drafts {
		if len(t.what) < 20 {
			t.what = append(t.what, dr.op.Type+"/"+dr.id)
		}
	}
	p.changed(tx)
	p.noteLately(tx)
	who, act := e, actionOf(p.ops)
	if c.name != nil {
		who, act, t.what = c.name.errand, cmp.Or(c.name.act, access.Links), []string{c.name.what}
		if err := c.name.keep(ctx, tx, p, &t); err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, who.entry(act, v, t))
}

// waiting makes sure that a message still waits: another process may have
// applied it.
func waiting(ctx context.Context, tx store.Tx, seq int64) error {
	m, err := tx.Message(ctx, seq)
	if err == nil && m.State != store.Received {
		err = fault.New(fault.Conflict, "record.once", "this message has been applied already")
	}
	return err
}

const onceSpace = "once"

func once(ctx context.Context, tx store.Tx, name string) error {
	done, err := tx.GetKey(ctx, onceSpace, name)
	if err != nil {
		return err
	}
	if done != nil {
		return fault.New(fault.Conflict, "record.once", "this has been applied already")
	}
	return tx.SetKey(ctx, onceSpace, store.KeyValue{Key: name, Value: []byte{1}})
}

// feedName is the name that goes into the store's feed column.
func (e *Errand) feedName() string { return e.who.ID }

// sourceOf is the meta.source of what this errand writes, when the resource
// does not name one.
func (e *Errand) sourceOf() string {
	kind := "client"
	if e.who.Role == access.Clinician {
		kind = "user"
	}
	return "urn:concord:" + kind + ":" + strings.ToLower(e.who.Org) + ":" + e.who.ID
}

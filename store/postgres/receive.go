package postgres

import (
	"bytes"
	"context"
	"slices"

	"concord/fault"
	"concord/store"
)

// mail is a journal row that the group has written: a new one, or the outcome
// of one that was there.
type mail struct {
	seq, at, digest                                 int64
	org, feed, code                                 int32
	state                                           store.State
	fresh                                           bool
	trig, control, place, text, packed, detail, raw []byte
	records                                         []int64
}

type mailKey struct {
	control string
	digest  int64
	feed    int32
}

// recordMove files or takes away an entry of the index from record to message.
type recordMove struct {
	pk    int32
	seq   int64
	there bool
}

const (
	// noMails fails the transaction when one of the messages is there already.
	noMails = `SELECT 1 / (NOT EXISTS (SELECT 1 FROM unnest($1::bytea[], $2::bigint[], $3::int[]) AS n (control, digest, feed)
		WHERE EXISTS (SELECT 1 FROM journal j WHERE j.control = n.control AND j.digest = n.digest AND j.feed = n.feed)))::int`
	oneMail  = "SELECT seq FROM journal WHERE control = $1 AND digest = $2 AND feed = $3 LIMIT 1"
	addMails = `INSERT INTO journal (seq, at, digest, org, feed, code, state, trig, control, place, text, records, detail)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::int[], $7::smallint[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[], $13::bytea[])`
	addRaws   = "INSERT INTO journal_raw (seq, raw) SELECT * FROM unnest($1::bigint[], $2::bytea[])"
	moveMails = `UPDATE journal SET state = n.state, code = n.code, place = n.place, text = n.text, records = n.records, detail = n.detail
		FROM unnest($1::bigint[], $2::smallint[], $3::int[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[]) AS n (seq, state, code, place, text, records, detail) WHERE journal.seq = n.seq`
	addRecords  = "INSERT INTO journal_record (pk, seq) SELECT * FROM unnest($1::int[], $2::bigint[]) ON CONFLICT DO NOTHING"
	dropRecords = "DELETE FROM journal_record USING unnest($1::int[], $2::bigint[]) AS n (pk, seq) WHERE journal_record.pk = n.pk AND journal_record.seq = n.seq"
	mailState   = "SELECT feed, state, records FROM journal WHERE seq = $1"
	mailStates  = "SELECT seq, feed, state, records FROM journal WHERE seq = ANY($1)"
)

// mailColumns are journal rows column by column.
type mailColumns struct {
	seq, at, digest                                 []int64
	org, feed, code                                 []int32
	state                                           []int16
	trig, control, place, text, packed, detail, raw [][]byte
}

func (c *mailColumns) add(m *mail) {
	c.seq, c.at, c.digest = append(c.seq, m.seq), append(c.at, m.at), append(c.digest, m.digest)
	c.org, c.feed, c.code, c.state = append(c.org, m.org), append(c.feed, m.feed), append(c.code, m.code), append(c.state, int16(m.state))
	c.trig, c.control, c.place, c.text = append(c.trig, m.trig), append(c.control, m.control), append(c.place, m.place), append(c.text, m.text)
	c.packed, c.detail, c.raw = append(c.packed, m.packed), append(c.detail, m.detail), append(c.raw, m.raw)
}

// sendMails writes journal rows, each as it ended up.
func sendMails(c *conn, list []*mail) {
	if len(list) == 0 {
		return
	}
	last, isNew := map[int64]*mail{}, map[int64]bool{}
	for _, m := range list {
		last[m.seq] = m
		isNew[m.seq] = isNew[m.seq] || m.fresh
	}
	var fresh, moved, guessed mailColumns
	for _, m := range list {
		if m.fresh && m.state == store.Received {
			guessed.add(m)
		}
		if last[m.seq] != m {
			continue
		}
		if isNew[m.seq] {
			fresh.add(m)
		} else {
			moved.add(m)
		}
	}
	if m := &guessed; len(m.seq) > 0 {
		c.send(noMails, nil, m.control, m.digest, m.feed)
	}
	if m := &fresh; len(m.seq) > 0 {
		c.send(addMails, nil, m.seq, m.at, m.digest, m.org, m.feed, m.code, m.state, m.trig, m.control, m.place, m.text, m.packed, m.detail)
		c.send(addRaws, nil, m.seq, m.raw)
	}
	if m := &moved; len(m.seq) > 0 {
		c.send(moveMails, nil, m.seq, m.state, m.code, m.place, m.text, m.packed, m.detail)
	}
}

// sendRecords writes where each entry ended up.
func sendRecords(c *conn, list []recordMove) {
	type entry struct {
		pk  int32
		seq int64
	}
	there := map[entry]bool{}
	for _, m := range list {
		there[entry{m.pk, m.seq}] = m.there
	}
	var pks, goners []int32
	var seqs, gone []int64
	for e, in := range there {
		if in {
			pks, seqs = append(pks, e.pk), append(seqs, e.seq)
		} else {
			goners, gone = append(goners, e.pk), append(gone, e.seq)
		}
	}
	if len(pks) > 0 {
		c.send(addRecords, nil, pks, seqs)
	}
	if len(goners) > 0 {
		c.send(dropRecords, nil, goners, gone)
	}
}

// Append files a message as Received, or as Duplicate when one with the same
// digest, feed and control id is there; one that goes out as what it comes as.
// An At of zero is now.
func (t *tx) Append(ctx context.Context, m *store.Message) (int64, store.State, error) {
	if m.Feed == "" {
		return 0, 0, fault.New(fault.Internal, "store.feed", "a message needs the name of its feed")
	}
	org, err := t.intern(ctx, m.Org)
	if err != nil {
		return 0, 0, err
	}
	feed, err := t.intern(ctx, m.Feed)
	if err != nil {
		return 0, 0, err
	}
	k := mailKey{m.Control, int64(m.Digest), feed}
	state := m.State
	if state < store.Waiting {
		if state, err = t.firstState(ctx, k); err != nil {
			return 0, 0, err
		}
	}
	if err := t.write(ctx); err != nil {
		return 0, 0, err
	}
	at := t.at
	if !m.At.IsZero() {
		at = m.At.UnixMicro()
	}
	g := t.g
	g.c.message++
	b := &g.buf
	row := &mail{
		seq: g.c.message, at: at, digest: k.digest, org: org, feed: feed, state: state, fresh: true,
		trig: []byte(m.Trigger), control: []byte(m.Control), detail: bytes.Clone(m.Detail), raw: bytes.Clone(m.Raw),
	}
	if state < store.Waiting {
		set(b, &b.mailed, k, true)
	} else {
		row.records, row.packed = slices.Clone(m.Records), store.PackRecords(m.Records)
		for _, pk := range m.Records {
			b.records = append(b.records, recordMove{pkOf(pk), row.seq, true})
		}
	}
	set(b, &b.mailAt, row.seq, len(b.mails))
	b.mails = append(b.mails, row)
	b.counts = append(b.counts, count{feed: feed, org: org, at: at, to: state})
	return row.seq, state, nil
}

// firstState is what a message begins as. That it has not come before is taken
// for granted at first; the commit proves it.
func (t *tx) firstState(ctx context.Context, k mailKey) (store.State, error) {
	if t.g.buf.mailed[k] {
		return store.Duplicate, nil
	}
	if !t.strict {
		t.guessed = true
		return store.Received, nil
	}
	n, err := t.intOf(ctx, oneMail, []byte(k.control), k.digest, k.feed)
	if n != 0 {
		return store.Duplicate, err
	}
	return store.Received, err
}

// Settle moves a row to another state with its outcome. Errors: NotFound
// "store.message".
func (t *tx) Settle(ctx context.Context, m *store.Message) error {
	was, err := t.mail(ctx, m.Seq)
	if err != nil {
		return err
	}
	return t.settle(ctx, m, was)
}

// SettleAll is Settle of many, whose rows are read at once.
func (t *tx) SettleAll(ctx context.Context, list []*store.Message) error {
	was := map[int64]mail{}
	var ask []int64
	for _, m := range list {
		if i, ok := t.g.buf.mailAt[m.Seq]; ok {
			was[m.Seq] = *t.g.buf.mails[i]
		} else {
			ask = append(ask, m.Seq)
		}
	}
	if len(ask) > 0 {
		err := t.each(ctx, mailStates, func(r row) error {
			was[r.int(0)] = mail{seq: r.int(0), feed: int32(r.int(1)), state: store.State(r.int(2)), records: store.UnpackRecords(r[3])}
			return nil
		}, ask)
		if err != nil {
			return err
		}
	}
	for _, m := range list {
		row, ok := was[m.Seq]
		if !ok {
			return messageFault()
		}
		if err := t.settle(ctx, m, row); err != nil {
			return err
		}
		was[m.Seq] = *t.g.buf.mails[t.g.buf.mailAt[m.Seq]]
	}
	return nil
}

// settle moves a row that stands as given.
func (t *tx) settle(ctx context.Context, m *store.Message, was mail) error {
	if m.State < store.Received || m.State > store.LastState {
		return fault.New(fault.Internal, "store.state", "a message cannot be settled without a state")
	}
	code, err := t.intern(ctx, m.Code)
	if err != nil {
		return err
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	b := &t.g.buf
	next := was
	next.fresh = false
	next.state, next.code, next.place, next.text = m.State, code, []byte(m.Place), []byte(m.Text)
	next.records, next.packed, next.detail = slices.Clone(m.Records), store.PackRecords(m.Records), bytes.Clone(m.Detail)
	set(b, &b.mailAt, m.Seq, len(b.mails))
	b.mails = append(b.mails, &next)
	if was.state != m.State {
		b.counts = append(b.counts, count{feed: was.feed, from: was.state, to: m.State})
	}
	for _, pk := range was.records {
		if !slices.Contains(m.Records, pk) {
			b.records = append(b.records, recordMove{pkOf(pk), m.Seq, false})
		}
	}
	for _, pk := range m.Records {
		if !slices.Contains(was.records, pk) {
			b.records = append(b.records, recordMove{pkOf(pk), m.Seq, true})
		}
	}
	return nil
}

const (
	rewriteHead = "UPDATE journal SET control = $2 WHERE seq = $1 RETURNING seq"
	rewriteRaw  = "UPDATE journal_raw SET raw = $2 WHERE seq = $1"
)

// Rewrite puts another control id and content in the place of a row's.
func (t *tx) Rewrite(ctx context.Context, seq int64, control string, raw []byte) error {
	found := false
	if err := t.direct(ctx, rewriteHead, func(row) error { found = true; return nil }, seq, []byte(control)); err != nil {
		return err
	}
	if !found {
		return messageFault()
	}
	if raw == nil {
		raw = []byte{}
	}
	return t.direct(ctx, rewriteRaw, nil, seq, raw)
}

// mail is a journal row as it stands.
func (t *tx) mail(ctx context.Context, seq int64) (mail, error) {
	if i, ok := t.g.buf.mailAt[seq]; ok {
		return *t.g.buf.mails[i], nil
	}
	m := mail{seq: seq}
	err := t.each(ctx, mailState, func(r row) error {
		m.feed, m.state, m.records = int32(r.int(0)), store.State(r.int(1)), store.UnpackRecords(r[2])
		return nil
	}, seq)
	if err == nil && m.state == 0 {
		err = messageFault()
	}
	return m, err
}

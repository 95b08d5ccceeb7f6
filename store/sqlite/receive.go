package sqlite

import (
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"concord/fault"
	"concord/store"
)

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
	state := m.State
	if state < store.Waiting {
		if state, err = t.firstState(m, feed); err != nil {
			return 0, 0, err
		}
	}
	at := t.at
	if !m.At.IsZero() {
		at = m.At.UnixMicro()
	}
	st, err := t.write(ctx, `INSERT INTO journal (seq, at, org, feed, trig, control, digest, state, detail, records)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`)
	if err != nil {
		return 0, 0, err
	}
	t.w.c.message++
	seq := t.w.c.message
	for i, v := range [...]int64{seq, at, org, feed} {
		st.BindInt64(i+1, v)
	}
	st.BindText(5, m.Trigger)
	st.BindText(6, m.Control)
	st.BindInt64(7, int64(m.Digest))
	st.BindInt64(8, int64(state))
	bindBlob(st, 9, m.Detail)
	if state >= store.Waiting {
		bindBlob(st, 10, store.PackRecords(m.Records))
	}
	if err := t.exec(st); err != nil {
		return 0, 0, err
	}
	if st, err = t.write(ctx, "INSERT INTO journal_raw (seq, raw) VALUES (?1, ?2)"); err != nil {
		return 0, 0, err
	}
	st.BindInt64(1, seq)
	bindBlob(st, 2, m.Raw)
	t.w.counts = append(t.w.counts, count{feed: feed, org: org, at: at, to: state})
	if err := t.exec(st); err != nil || state < store.Waiting || len(m.Records) == 0 {
		return seq, state, err
	}
	return seq, state, t.moveRecords(ctx, seq, nil, m.Records)
}

func (t *tx) firstState(m *store.Message, feed int64) (store.State, error) {
	st, err := t.prepare("SELECT 1 FROM journal INDEXED BY journal_control WHERE control = ?1 AND digest = ?2 AND feed = ?3 LIMIT 1")
	if err != nil {
		return 0, err
	}
	st.BindText(1, m.Control)
	st.BindInt64(2, int64(m.Digest))
	st.BindInt64(3, feed)
	n, err := oneInt(st)
	if n != 0 {
		return store.Duplicate, err
	}
	return store.Received, err
}

// Settle moves a row to another state with its outcome. Errors: NotFound
// "store.message".
func (t *tx) Settle(ctx context.Context, m *store.Message) error {
	if m.State < store.Received || m.State > store.LastState {
		return fault.New(fault.Internal, "store.state", "a message cannot be settled without a state")
	}
	var feed int64
	var was store.State
	var had []int64
	err := t.each("SELECT feed, state, records FROM journal WHERE seq = ?1", func(st *sqlite.Stmt) error {
		feed, was, had = st.ColumnInt64(0), store.State(st.ColumnInt64(1)), store.UnpackRecords(blob(st, 2))
		return stop{}
	}, m.Seq)
	if err != nil {
		return err
	}
	if was == 0 {
		return messageFault()
	}
	code, err := t.intern(ctx, m.Code)
	if err != nil {
		return err
	}
	st, err := t.write(ctx, "UPDATE journal SET state = ?2, code = ?3, place = ?4, text = ?5, records = ?6, detail = ?7 WHERE seq = ?1")
	if err != nil {
		return err
	}
	st.BindInt64(1, m.Seq)
	st.BindInt64(2, int64(m.State))
	bindSome(st, 3, code)
	bindWords(st, 4, m.Place)
	bindWords(st, 5, m.Text)
	bindBlob(st, 6, store.PackRecords(m.Records))
	bindBlob(st, 7, m.Detail)
	if err := t.exec(st); err != nil {
		return err
	}
	if was != m.State {
		t.w.counts = append(t.w.counts, count{feed: feed, from: was, to: m.State})
	}
	return t.moveRecords(ctx, m.Seq, had, m.Records)
}

// SettleAll is Settle of many.
func (t *tx) SettleAll(ctx context.Context, list []*store.Message) error {
	for _, m := range list {
		if err := t.Settle(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// Rewrite puts another control id and content in the place of a row's.
func (t *tx) Rewrite(ctx context.Context, seq int64, control string, raw []byte) error {
	if err := t.apply(ctx, "UPDATE journal SET control = ?2 WHERE seq = ?1", seq, control); err != nil {
		return err
	}
	if t.conn.Changes() == 0 {
		return messageFault()
	}
	return t.apply(ctx, "UPDATE journal_raw SET raw = ?2 WHERE seq = ?1", seq, raw)
}

// moveRecords keeps the index from record to message.
func (t *tx) moveRecords(ctx context.Context, seq int64, from, to []int64) error {
	for _, pk := range from {
		if !slices.Contains(to, pk) {
			if err := t.apply(ctx, "DELETE FROM journal_record WHERE pk = ?1 AND seq = ?2", pk, seq); err != nil {
				return err
			}
		}
	}
	for _, pk := range to {
		if !slices.Contains(from, pk) {
			if err := t.apply(ctx, "INSERT INTO journal_record (pk, seq) VALUES (?1, ?2) ON CONFLICT DO NOTHING", pk, seq); err != nil {
				return err
			}
		}
	}
	return nil
}

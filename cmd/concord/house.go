package main

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"concord/exchange/cosigning"
	"concord/exchange/feed"
	"concord/exchange/intake"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/jobs"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/grant"
	"concord/record/seal"
	"concord/standard/validate"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/postgres"
	"concord/store/sqlite"
)

// house is everything between the store and the edges, wired.
type house struct {
	dir       string
	stages    string // folder of the stages of organisations that join
	engine    store.Engine
	serves    bool // works in the background until it is closed
	shared    bool // other processes may work on the same store
	validator *validate.Validator
	desk      *record.Desk
	accounts  *account.Register
	grants    *grant.Registry
	receiver  *intake.Receiver
	ownFeeds  []intake.FeedSetting // of the settings file; org packs add theirs
	applier   *intake.Applier
	feeds     *feed.Engine
	addresses map[string]string // of destinations that are elsewhere than their files say
	log       *slog.Logger
	audit     *auditKeys
	seals     *seal.Keyring
	harmony   *harmony
	pace      float64 // to which loads from the pages are held; 0 = to nothing
	joining   *course.Office
	packs     atomic.Pointer[[]pack.Kept] // that run

	witnesses    []cosigning.Witness
	witnessEvery time.Duration
}

// openHouse opens the data folder for writing. Errors: Conflict "store.locked"
// when a server runs on it.
func openHouse(ctx context.Context, w where, feeds []intake.FeedSetting, log *slog.Logger, signIn ...account.Option) (*house, error) {
	dir, err := w.folder()
	if err != nil {
		return nil, err
	}
	key, err := secret(dir)
	if err != nil {
		return nil, err
	}
	keys, err := openAuditKeys(dir)
	if err != nil {
		return nil, err
	}
	engine, err := w.engine(ctx, dir)
	if err != nil {
		return nil, err
	}
	h := &house{dir: dir, stages: w.stages(), engine: engine, shared: w.Database != "", log: log, audit: keys}
	h.harmony, h.pace = &harmony{house: h, kept: map[string]*domainOf{}}, 1.5
	if err := h.wire(ctx, key, w, feeds, signIn); err != nil {
		engine.Close()
		return nil, err
	}
	return h, nil
}

// engine opens the store: PostgreSQL where a database is named, else SQLite in
// the data folder.
func (w where) engine(ctx context.Context, dir string) (store.Engine, error) {
	if w.Database != "" {
		return postgres.Open(ctx, w.Database, postgres.Options{Now: time.Now, Replica: w.Replica})
	}
	return sqlite.Open(ctx, dir, sqlite.Options{Now: time.Now})
}

// effort is how hard bodies are packed: a row takes more room on PostgreSQL, and
// what it costs to write more time, than in the data folder.
func (w where) effort() store.Effort {
	if w.Database != "" {
		return store.Small
	}
	return store.Fast
}

func (h *house) wire(ctx context.Context, key []byte, w where, feeds []intake.FeedSetting, signIn []account.Option) error {
	codec, err := dictionary.For(w.effort())
	if err != nil {
		return err
	}
	validator, profiles, words, err := w.rules.load()
	if err != nil {
		return err
	}
	h.validator = validator
	masters, err := w.masters()
	if err != nil {
		return err
	}
	if h.seals, err = seal.Open(ctx, h.engine, masters); err != nil {
		return err
	}
	model, err := w.rules.model()
	if err != nil {
		return err
	}
	policies, err := w.rules.policies()
	if err != nil {
		return err
	}
	sensitive, err := w.rules.sensitive()
	if err != nil {
		return err
	}
	optOuts, err := w.rules.optOuts()
	if err != nil {
		return err
	}
	h.accounts = account.New(h.engine, time.Now, append(signIn, account.Sealed(key))...)
	h.desk, err = record.Open(ctx, record.Options{
		Engine: h.engine, Codec: codec, Seals: h.seals, Secret: key, Now: time.Now,
		Check: validator.Check, Profiles: profiles, Terms: words, AuditKeys: h.audit.known, Model: model,
		Policies: policies, Sensitive: sensitive, OptOuts: optOuts, Duties: h.accounts.Duties, Bases: w.bases(),
	})
	if err != nil {
		return err
	}
	h.grants = grant.New(h.engine, h.accounts, time.Now)
	table, err := intake.NewFeeds(feeds, h.desk.Zone())
	if err != nil {
		return err
	}
	h.ownFeeds = feeds
	var applier *intake.Applier
	h.receiver = intake.NewReceiver(h.desk, table, time.Now, func() { applier.Wake() })
	applier = intake.NewApplier(h.desk, h.receiver, h.log)
	h.applier = applier
	h.applier.GoBy(h.rules)
	h.feeds = h.newFeeds()
	h.joining = h.office()
	return nil
}

// operator is the errand of who holds the data folder.
func (h *house) operator() *record.Errand {
	return h.desk.For(access.Requester{ID: "operator", Name: "Operator", Role: access.Operator, Org: intake.Domain},
		access.Reason{Purpose: access.Integrity})
}

func (h *house) close() error {
	h.joining.Close()
	return h.engine.Close()
}

// owner tells this process apart from others on the same store.
func (h *house) owner() string {
	name, err := os.Hostname()
	if err != nil {
		name = "host"
	}
	return name + "/" + strconv.Itoa(os.Getpid()) + "/" + h.dir
}

// apply brings messages into the record: in one of the processes that share a
// store, since messages about a patient are applied in order.
func (h *house) apply(ctx context.Context) {
	if !h.shared {
		h.applier.Run(ctx)
		return
	}
	l := &jobs.Lead{Engine: h.engine, Name: "applier", Owner: h.owner(), Life: 15 * time.Second, Now: time.Now}
	l.Run(ctx, h.applier.Run)
}

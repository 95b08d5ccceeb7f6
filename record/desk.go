package record

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/record/seal"
	"concord/record/shelf"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/search"
	"concord/store"
)

// Options are what a Desk needs.
type Options struct {
	Engine store.Engine
	Codec  *store.Codec
	// Seals keeps bodies encrypted at rest; nil = a store without sealed
	// bodies.
	Seals  *seal.Keyring
	Secret []byte // installation secret, 32 bytes
	Now    func() time.Time
	// Check is the base validation of every resource that is written; nil
	// only where a test says so.
	Check func(resource *fhir.Value) []fhir.Issue
	// Profiles holds a resource against the profiles that it names, as an
	// organisation has chosen; nil = nobody has.
	Profiles func(org string, resource *fhir.Value) (Strictness, []fhir.Issue)
	// Terms answers what codes mean, for searches by :in, :below …; nil = such
	// searches are refused.
	Terms search.Terminology
	// AuditKeys are the public keys that sign checkpoints of the audit log, old
	// ones included; nil = Verify looks at no signature.
	AuditKeys note.Verifiers
	// Model is what entries are matched by; nil = the one that ships. Its
	// blocking rules are those that ship.
	Model *match.Model
	// Policies decide who may see what; nil = those of the program.
	Policies *access.Policies
	// Sensitive are the codes that make a resource sensitive when it is written;
	// nil = those of the program.
	Sensitive *access.SensitiveCodes
	// OptOuts asks for the National Data Opt-out of an NHS number, for uses
	// beyond the patient's own care; nil = everybody counts as opted out.
	OptOuts func(nhs string) (bool, error)
	// Duties tells which workgroups of an organisation are responsible for what;
	// nil = nothing is said of any.
	Duties func(org string) *access.Duties
	// Bases are the addresses under which this server is, and was, reached
	// ("https://concord.example/fhir"): an absolute reference under one of them that
	// was stored means what the relative one means.
	Bases []string
	// ScanLimit bounds how many resources a search may look at when nothing
	// narrows it; 0 = 20,000.
	ScanLimit int
}

// Desk hands out errands.
type Desk struct {
	engine    store.Engine
	codec     *store.Codec
	seals     *seal.Keyring
	index     atomic.Pointer[searches]
	terms     search.Terminology
	auditKeys note.Verifiers
	profiles  func(org string, resource *fhir.Value) (Strictness, []fhir.Issue)
	wake      chan struct{} // work waits
	ids       ids
	now       func() time.Time
	check     func(*fhir.Value) []fhir.Issue
	scan      int
	met       met
	lately    person.Lately
	base      *match.Model // nil = the one that ships
	current   atomic.Pointer[person.Matcher]
	counted   atomic.Pointer[string] // which count of names it goes by
	headcount headcount
	rejudged  string // the matcher by which Rejudge last looked at who waits
	london    *time.Location
	policies  *access.Policies
	sensitive *access.SensitiveCodes
	optOuts   func(nhs string) (bool, error)
	duties    func(org string) *access.Duties
	guard     guard
	bodies    *openedBodies
	shelf     *shelf.Shelf
	pages     *pageLists
	bases     []string

	blockMu    sync.Mutex // guards the block of unused record keys
	block      []int64
	clauseMu   sync.Mutex // guards sections
	sections   map[string]*search.Query
	scopes     sync.Map // scopeAsk by access.AppScope
	scopesKept atomic.Int64
	reloading  sync.Mutex // held while what is searched by is read anew
	turn       sync.Mutex // held by a transaction that has lost several races
}

// secretKey is the small key by which a Desk knows that the secret is the one
// that the index was made with.
const secretSpace, secretKey = "desk", "secret-check"

// Open makes a Desk over an engine. Errors: Conflict "desk.secret" when the
// secret is not the one that the store was made with.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if len(o.Secret) < 16 {
		return nil, fault.New(fault.Internal, "desk.secret", "the installation secret is too short")
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "desk.zone", "the time zone Europe/London is missing")
	}
	hash := search.NewHasher(o.Secret)
	d := &Desk{
		engine: o.Engine, codec: o.Codec, seals: o.Seals,
		ids: ids{hash}, now: o.Now, check: o.Check, scan: o.ScanLimit, london: london,
		sections: map[string]*search.Query{}, bases: bothSchemes(o.Bases),
	}
	if d.shelf, err = shelf.New(shelfBytes); err != nil {
		return nil, err
	}
	if d.pages, err = newPageLists(o.Engine); err != nil {
		return nil, err
	}
	if d.bodies, err = newOpenedBodies(openedBytes); err != nil {
		return nil, err
	}
	d.auditKeys = o.AuditKeys
	d.policies, d.optOuts, d.duties = o.Policies, o.OptOuts, o.Duties
	if d.policies == nil {
		d.policies = access.Standard()
	}
	if d.sensitive = o.Sensitive; d.sensitive == nil {
		d.sensitive = access.StandardSensitive()
	}
	d.terms, d.profiles, d.wake = o.Terms, o.Profiles, make(chan struct{}, 1)
	if err := d.openMatcher(ctx, o.Model); err != nil {
		return nil, err
	}
	if err := d.upgrade(ctx); err != nil {
		return nil, err
	}
	if err := d.reload(ctx); err != nil {
		return nil, err
	}
	if d.scan == 0 {
		d.scan = 20_000
	}
	return d, d.proveSecret(ctx)
}

// proveSecret compares the secret with the trace that the first Desk left.
func (d *Desk) proveSecret(ctx context.Context) error {
	trace := d.ids.encodePK(d.secretTrace())
	var found []byte
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		found, err = r.GetKey(ctx, secretSpace, secretKey)
		return err
	})
	if err != nil || string(found) == trace {
		return err
	}
	if found != nil {
		return fault.New(fault.Conflict, "desk.secret", "the installation secret is not the one that this store was made with")
	}
	return d.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, secretSpace, store.KeyValue{Key: secretKey, Value: []byte(trace)})
	})
}

func (d *Desk) secretTrace() int64 {
	return int64(d.searches().extract.Hash("secret-check") & (1<<idBits - 1))
}

// For makes an errand: one requester, one reason.
func (d *Desk) For(who access.Requester, why access.Reason) *Errand {
	if d.duties != nil && who.Role == access.Clinician {
		who.Duties = d.duties(who.Org)
	}
	return &Errand{desk: d, who: who, why: why}
}

// Table is the search parameters that are served.
func (d *Desk) Table() *search.Table { return d.searches().table }

// Zone is the time zone in which dates without offset are read.
func (d *Desk) Zone() *time.Location { return d.london }

// keyBlock is how many record keys are allocated at least, keyBlocks how many
// transactions of the size at hand they are to last for, and mostKeys how many at
// most.
const (
	keyBlock  = 256
	keyBlocks = 8
	mostKeys  = 8192
)

// newRecord takes a record key that was never used, from a block that is
// allocated ahead: keys are plentiful, commits are not.
func (d *Desk) newRecord(ctx context.Context) (int64, error) {
	d.blockMu.Lock()
	defer d.blockMu.Unlock()
	if err := d.moreKeys(ctx, 1); err != nil {
		return 0, err
	}
	pk := d.block[0]
	d.block = d.block[1:]
	return pk, nil
}

// keysFor sees to it that there are as many keys as ops may need, before anything
// is read for them: who allocates keys waits for the transactions before.
func (d *Desk) keysFor(ctx context.Context, ops []Op) error {
	n := 0
	for i := range ops {
		if ops[i].Kind == Create && ops[i].Type == "Patient" {
			n += 2 // the entry's and the person's
		}
	}
	d.blockMu.Lock()
	defer d.blockMu.Unlock()
	return d.moreKeys(ctx, n)
}

// moreKeys allocates keys when there are fewer than n.
func (d *Desk) moreKeys(ctx context.Context, n int) error {
	if len(d.block) >= n {
		return nil
	}
	many := max(keyBlock, min(keyBlocks*n, mostKeys))
	var fresh []int64
	err := d.engine.Update(store.Hurried(ctx), func(tx store.Tx) error { // others wait for the keys
		fresh = make([]int64, 0, many)
		for range many {
			pk, err := tx.NewRecord(ctx)
			if err != nil {
				return err
			}
			fresh = append(fresh, pk)
		}
		return nil
	})
	d.block = append(d.block, fresh...)
	return err
}

package record

import (
	"cmp"
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/standard/uk"
	"concord/store"
)

// plan is a transaction made ready outside the writer: keys given, references
// rewritten, bodies packed, indexes made. It holds for the versions that it
// saw; the commit fails with a lost race otherwise.
type plan struct {
	desk   *Desk
	ops    []Op
	drafts []*draft
	byURL  map[string]*draft // fullUrl → draft
	byRef  map[string]string // conditional reference → Type/id
	next   map[seqKey]uint32 // sequences taken
	fresh  map[int64]bool    // record keys allocated for this plan
	joins  [][2]store.Key    // From, Into of the commit's Joins
	change int64
	at     time.Time
}

type seqKey struct {
	pk  int64
	typ uint16
}

// draft is one resource of a plan.
type draft struct {
	op       *Op
	id       string
	key      store.Key
	placed   bool        // key is known
	old      *store.Doc  // the version it replaces, nil = none
	oldBody  *fhir.Value //
	lastBody *fhir.Value // the body before the deletion that it undoes
	body     *fhir.Value // as it will rest
	put      store.Put
	claims   []claim // hashes that must be this key's
	person   int64   // a fresh person key, for a new Patient
	found    *Item   // a conditional create that found it: nothing is written
	version  int64
	patient  bool
	keepID   bool
	ownCheck person.Demographics
	oldCheck person.Demographics
}

// claim is a hash that only one key may have. owns tells whether a body really
// has what was hashed; code and text say that it is taken.
type claim struct {
	hash uint64
	owns func(body *fhir.Value) bool
	code string
	text string
}

// plan reads what the ops need on one snapshot and builds their drafts.
func (d *Desk) plan(ctx context.Context, e *Errand, ops []Op, c Commit) (*plan, error) {
	p := &plan{desk: d, ops: ops, byURL: map[string]*draft{}, byRef: map[string]string{}, next: map[seqKey]uint32{}, fresh: map[int64]bool{}}
	err := d.engine.View(ctx, func(r store.Reader) error {
		if err := p.find(ctx, r); err != nil {
			return err
		}
		for _, j := range c.Joins {
			if err := p.findJoin(ctx, r, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, p.build(ctx, e, c)
}

// find resolves targets: what exists first, then patients, then what belongs
// to patients.
func (p *plan) find(ctx context.Context, r store.Reader) error {
	named := map[string]bool{}
	for i := range p.ops {
		dr := &draft{op: &p.ops[i], patient: p.ops[i].Type == "Patient"}
		if err := p.target(ctx, r, dr); err != nil {
			return at(dr.op.At, err)
		}
		if dr.id != "" && dr.found == nil {
			name := dr.op.Type + "/" + dr.id
			if named[name] {
				return at(dr.op.At, fault.New(fault.Invalid, "record.twice", "a transaction may write a resource once"))
			}
			named[name] = true
		}
		p.drafts = append(p.drafts, dr)
		if u := dr.op.FullURL; u != "" {
			p.byURL[u] = dr
		}
	}
	for _, patients := range []bool{true, false} {
		for _, dr := range p.drafts {
			if dr.placed || dr.patient != patients {
				continue
			}
			if err := p.place(ctx, r, dr); err != nil {
				return at(dr.op.At, err)
			}
		}
	}
	return p.references(ctx, r)
}

// target finds the resource that an op is about, if it exists.
func (p *plan) target(ctx context.Context, r store.Reader, dr *draft) error {
	op := dr.op
	if fhir.R4().Number(op.Type) == 0 {
		return fault.New(fault.Invalid, "record.type", "R4 has no such resource type")
	}
	switch {
	case op.Kind == Create && op.IfNoneExist != "":
		return p.ifNoneExist(ctx, r, dr)
	case op.Kind == Create:
		return nil
	case op.Where != "":
		it, err := p.desk.single(ctx, r, op.Type, op.Where)
		if err != nil {
			return err
		}
		if it == nil {
			return p.noneMatched(dr)
		}
		return p.existing(ctx, r, dr, it.key)
	}
	if !fhir.ValidID(op.ID) {
		return fault.New(fault.Invalid, "record.id", "an id is 1 to 64 letters, digits, dashes and dots").In("id")
	}
	k, err := p.desk.locate(ctx, r, op.Type, op.ID)
	if fault.Is(err, fault.NotFound) {
		return p.absent(dr)
	}
	if err != nil {
		return err
	}
	return p.existing(ctx, r, dr, k)
}

func (p *plan) noneMatched(dr *draft) error {
	if dr.op.Kind == Delete {
		return fault.New(fault.NotFound, "record.unknown", "nothing matches the condition")
	}
	if id := dr.op.Resource.ID(); id != "" {
		dr.op.ID = id
		return p.absent(dr)
	}
	return nil
}

// absent: an update of an id that is not known creates it, unless the id has
// the form of ours.
func (p *plan) absent(dr *draft) error {
	if dr.op.Kind == Delete {
		return unknown(dr.op.Type)
	}
	if dr.op.IfMatch != 0 {
		return fault.New(fault.Conflict, "record.if-match", "there is no version to match")
	}
	if _, _, ours := p.desk.ids.decode(dr.op.ID); ours {
		return fault.New(fault.Invalid, "record.id", "ids of this form are given by the server; create the resource instead").In("id")
	}
	dr.keepID, dr.id = true, dr.op.ID
	return nil
}

func (p *plan) ifNoneExist(ctx context.Context, r store.Reader, dr *draft) error {
	it, err := p.desk.single(ctx, r, dr.op.Type, dr.op.IfNoneExist)
	if err != nil || it == nil {
		return err
	}
	dr.found, dr.id, dr.key, dr.placed, dr.version = it, it.ID, it.key, true, it.Version
	return nil
}

// existing takes the current version of a key as what is replaced.
func (p *plan) existing(ctx context.Context, r store.Reader, dr *draft, k store.Key) error {
	dr.key, dr.placed = k, true
	doc, err := r.Get(ctx, k)
	if fault.Is(err, fault.NotFound) { // reserved by a reference that came first
		dr.keepID, dr.id = true, dr.op.ID
		return nil
	}
	if err != nil {
		return err
	}
	if dr.op.Kind == Delete && doc.Deleted {
		return fault.New(fault.Gone, "record.deleted", "it has been deleted already")
	}
	if dr.op.IfMatch != 0 && dr.op.IfMatch != doc.Version {
		return fault.New(fault.Conflict, "record.if-match", "the current version is another one")
	}
	it, err := p.desk.item(doc)
	if err != nil {
		return err
	}
	dr.old, dr.id = doc, it.ID
	if doc.Deleted {
		dr.id = dr.op.ID
		_, _, ours := p.desk.ids.decode(dr.op.ID)
		dr.keepID = !ours
		dr.lastBody, err = p.desk.bodyBefore(ctx, r, k)
		return err
	}
	if dr.oldBody, err = p.desk.parse(doc); err != nil {
		return err
	}
	dr.keepID = dr.oldBody.ID() != ""
	return nil
}

// place gives a new resource its key: in the record of the patient that it
// names, else in a record of its own.
func (p *plan) place(ctx context.Context, r store.Reader, dr *draft) error {
	if dr.op.Kind == Delete {
		return unknown(dr.op.Type)
	}
	pk := int64(0)
	if !dr.patient {
		var err error
		if pk, err = p.recordOf(ctx, r, dr.op.Resource); err != nil {
			return err
		}
	}
	if pk == 0 {
		var err error
		if pk, err = p.desk.newRecord(ctx); err != nil {
			return err
		}
		p.fresh[pk] = true
	}
	if dr.patient {
		var err error
		if dr.person, err = p.desk.newRecord(ctx); err != nil {
			return err
		}
	}
	seq, err := p.sequence(ctx, r, pk, fhir.R4().Number(dr.op.Type))
	if err != nil {
		return err
	}
	dr.key, dr.placed = store.Key{PK: pk, LID: store.MakeLID(fhir.R4().Number(dr.op.Type), seq)}, true
	if dr.id == "" {
		dr.id = p.desk.ids.encode(dr.key)
	}
	return nil
}

func (p *plan) sequence(ctx context.Context, r store.Reader, pk int64, typ uint16) (uint32, error) {
	k := seqKey{pk, typ}
	if n, ok := p.next[k]; ok {
		p.next[k] = n + 1
		return n, nil
	}
	n := uint32(1)
	if !p.fresh[pk] {
		var err error
		if n, err = r.NextSeq(ctx, pk, typ); err != nil {
			return 0, err
		}
	}
	p.next[k] = n + 1
	return n, nil
}

// recordOf finds the record that a resource belongs to: that of the patient in
// its compartment reference; 0 when it names none.
func (p *plan) recordOf(ctx context.Context, r store.Reader, resource *fhir.Value) (int64, error) {
	ref := p.desk.table.PatientOf(resource)
	if ref == "" {
		return 0, nil
	}
	if dr := p.byURL[ref]; dr != nil {
		if !dr.patient {
			return 0, nil // a urn: that names something else
		}
		return dr.key.PK, nil
	}
	for i := range p.drafts {
		if dr := p.drafts[i]; dr.patient && dr.placed && "Patient/"+dr.id == ref {
			return dr.key.PK, nil
		}
	}
	if rest, ok := cutQuery(ref); ok {
		it, err := p.desk.single(ctx, r, "Patient", rest)
		if err != nil {
			return 0, err
		}
		if it == nil {
			return 0, fault.New(fault.Invalid, "record.reference", "no Patient matches the conditional reference")
		}
		return it.key.PK, nil
	}
	parsed, ok := fhir.ParseReference(ref)
	if !ok {
		return 0, nil
	}
	return p.patientRecord(ctx, r, parsed.ID)
}

// patientRecord resolves a Patient id to its record. A client's own id that is
// not known yet reserves a record: its patient may come later in the load.
func (p *plan) patientRecord(ctx context.Context, r store.Reader, id string) (int64, error) {
	n, err := p.desk.whose(ctx, r, id, time.Time{})
	if err == nil {
		if n.entry != 0 {
			return n.entry, nil
		}
		return n.person, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	if _, _, ours := p.desk.ids.decode(id); ours {
		return 0, fault.New(fault.Invalid, "record.reference", "the patient that the resource names is not known")
	}
	return p.reserve(ctx, id)
}

// reserve makes a draft-less claim on a client's patient id.
func (p *plan) reserve(ctx context.Context, id string) (int64, error) {
	url := "reserved:Patient/" + id
	if dr := p.byURL[url]; dr != nil {
		return dr.key.PK, nil
	}
	pk, err := p.desk.newRecord(ctx)
	if err != nil {
		return 0, err
	}
	p.fresh[pk] = true
	typ := fhir.R4().Number("Patient")
	p.next[seqKey{pk, typ}] = 2
	p.byURL[url] = &draft{id: id, key: store.Key{PK: pk, LID: store.MakeLID(typ, 1)}, patient: true, placed: true}
	return pk, nil
}

func (p *plan) findJoin(ctx context.Context, r store.Reader, j Join) error {
	var pair [2]store.Key
	for i, id := range []string{j.From, j.Into} {
		if dr := p.byURL[id]; dr != nil {
			pair[i] = dr.key
			continue
		}
		k, err := p.desk.locate(ctx, r, "Patient", id)
		if err != nil {
			return err
		}
		pair[i] = k
	}
	p.joins = append(p.joins, pair)
	return nil
}

// inOrder lists the drafts by record and place within it: rows that lie
// together are written together.
func (p *plan) inOrder() []*draft {
	out := slices.Clone(p.drafts)
	slices.SortStableFunc(out, func(a, b *draft) int {
		if c := cmp.Compare(a.key.PK, b.key.PK); c != 0 {
			return c
		}
		return cmp.Compare(a.key.LID, b.key.LID)
	})
	return out
}

// keys are the keys that the plan writes.
func (p *plan) keys() []store.Key {
	out := make([]store.Key, 0, len(p.drafts))
	for _, dr := range p.drafts {
		if dr.found == nil {
			out = append(out, dr.key)
		}
	}
	return out
}

func (p *plan) records() []int64 {
	seen := map[int64]bool{}
	var out []int64
	for _, k := range p.keys() {
		if !seen[k.PK] {
			seen[k.PK] = true
			out = append(out, k.PK)
		}
	}
	return out
}

// hospitalNumbers are the (trust, number) pairs that a Patient resource claims.
func hospitalNumbers(patient *fhir.Value) []HospitalNumber {
	var out []HospitalNumber
	for id := range patient.Get("identifier").Each() {
		if trust, ok := uk.HospitalNumberTrust(id.StrAt("system")); ok && id.StrAt("value") != "" {
			out = append(out, HospitalNumber{trust, id.StrAt("value")})
		}
	}
	return out
}

// SourceKey makes the identifier value that holds a business key.
func SourceKey(trust, key string) string { return trust + "|" + key }

func withSourceKey(resource *fhir.Value, trust, key string) *fhir.Value {
	value := SourceKey(trust, key)
	var list []*fhir.Value
	for id := range resource.Get("identifier").Each() {
		if id.StrAt("system") == search.SourceKey && id.StrAt("value") == value {
			return resource
		}
		list = append(list, id)
	}
	return resource.With("identifier", append(list, fhir.Obj("use", "secondary", "system", search.SourceKey, "value", value)))
}

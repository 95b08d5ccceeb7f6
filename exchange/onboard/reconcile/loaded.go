package reconcile

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"concord/exchange/onboard"
	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// recordOf reads what a load wrote, as it was when the load had ended.
type recordOf struct {
	errand *record.Errand
	trust  string
	loads  []string // of the extract and, where it is a delta, of its base
	ended  time.Time
	mended bool // rows were mended after they were loaded: the load wrote some twice
	zone   *time.Location
	// owners are the patients' keys, hashed, by the hash of their ids: 32 bytes a
	// patient.
	owners map[[2]uint64][2]uint64
	merges onboard.Survivors // numbers that the source has merged, of a delta
}

// pageSize is how many resources are looked at on one snapshot.
const pageSize = "1000"

// each hands over the resources of a type that bear the tag of a load, each in the
// version that the load wrote.
func (r *recordOf) each(ctx context.Context, typ string, do func(v *fhir.Value) error) error {
	for i, load := range r.loads {
		ask := record.Asked{Types: []string{typ}, Form: url.Values{"_tag": {onboard.LoadTag + "|" + load}, "_count": {pageSize}}}
		for items, err := range r.errand.Pages(ctx, ask) {
			if err != nil {
				return err
			}
			for _, it := range items {
				if err := r.one(ctx, it, r.loads[:i], do); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// one hands over a resource unless it was by the tag of a load before.
func (r *recordOf) one(ctx context.Context, it *record.Item, before []string, do func(v *fhir.Value) error) error {
	if now, err := it.Full(); err != nil || cameWith(now, before...) {
		return err
	}
	v, err := r.written(ctx, it)
	if err != nil || v == nil {
		return err
	}
	return do(v)
}

// written is the oldest version of a resource, or of what it was before it was moved to
// another record, that bears the tag of the load, or of its base, the newest that the
// load wrote where rows were mended since: nil if the tag came to it by another's hand.
func (r *recordOf) written(ctx context.Context, it *record.Item) (*fhir.Value, error) {
	now, err := it.Full()
	if err != nil || it.Version == 1 && it.Feed == r.errand.Who().ID && cameWith(now, r.loads[0]) {
		return now, err
	}
	pasts, err := r.pasts(ctx, it)
	if err != nil {
		return nil, err
	}
	for _, load := range r.loads {
		for _, past := range pasts {
			if v, err := r.writtenBy(past, load); v != nil || err != nil {
				return v, err
			}
		}
	}
	if it.Version == 1 {
		return now, nil
	}
	return nil, nil
}

// pasts are the versions of a resource, newest first, and of each that it was before.
func (r *recordOf) pasts(ctx context.Context, it *record.Item) ([][]*record.Item, error) {
	former, err := r.errand.Formerly(ctx, it)
	if err != nil {
		return nil, err
	}
	var out [][]*record.Item
	for _, ref := range append([]string{it.Ref()}, former...) {
		typ, id, _ := strings.Cut(ref, "/")
		past, err := r.errand.History(ctx, record.AskedHistory{Type: typ, ID: id, Count: record.MaxCount})
		if err != nil {
			return nil, err
		}
		out = append(out, past.Versions)
	}
	return out, nil
}

// writtenBy is the version that a load wrote, nil if it wrote none.
func (r *recordOf) writtenBy(past []*record.Item, load string) (found *fhir.Value, err error) {
	for _, it := range slices.Backward(past) {
		v, err := it.Full()
		if err != nil || v == nil || !cameWith(v, load) || !strings.HasPrefix(v.StrAt("meta.source"), "urn:extract:"+r.trust+":"+load+"#") {
			continue
		}
		if found != nil && (!r.mended || it.Feed != r.errand.Who().ID) {
			break
		}
		found = v
	}
	return found, nil
}

func cameWith(v *fhir.Value, loads ...string) bool {
	for t := range v.Path("meta.tag").Each() {
		if t.StrAt("system") == onboard.LoadTag && slices.Contains(loads, t.StrAt("code")) {
			return true
		}
	}
	return false
}

// before finds resources by their keys: those that the load wrote and that have
// lost its tag since, as it wrote them, and those that it found there, as they
// were when it ended.
func (r *recordOf) before(ctx context.Context, class string, keys []string, do func(v *fhir.Value) error) error {
	system := onboard.IdentifierSystem(r.trust, class)
	var tokens []string
	for _, k := range keys {
		tokens = append(tokens, system+"|"+escaped(k))
	}
	for _, typ := range typesOf(class) {
		ask := record.Asked{Types: []string{typ}, Form: url.Values{"identifier": {strings.Join(tokens, ",")}, "_count": {pageSize}}}
		for items, err := range r.errand.Pages(ctx, ask) {
			if err != nil {
				return err
			}
			for _, it := range items {
				if it.Org != r.trust {
					continue
				}
				v, err := r.written(ctx, it)
				if err != nil {
					return err
				}
				if v == nil || it.Version == 1 && !cameWith(v, r.loads...) {
					v, err = r.stood(ctx, it)
				}
				if err == nil && v != nil {
					err = do(v)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// stood is a resource as it was when the load ended, nil if it was not there.
func (r *recordOf) stood(ctx context.Context, it *record.Item) (*fhir.Value, error) {
	if it.Version == 1 {
		if it.Updated.After(r.ended) {
			return nil, nil
		}
		return it.Full()
	}
	past, err := r.errand.History(ctx, record.AskedHistory{Type: it.Type, ID: it.ID, To: r.ended.Add(time.Nanosecond), Count: 1})
	if err != nil || len(past.Versions) == 0 || past.Versions[0].Deleted {
		return nil, err
	}
	return past.Versions[0].Full()
}

// escaped is a value as a search parameter has it
// (https://hl7.org/fhir/R4/search.html#escaping).
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`).Replace(s)
}

// owner is the hash of the key of the patient with an id, in hexadecimal; "" for
// one who is not of this trust.
func (r *recordOf) owner(ctx context.Context, id string) (string, error) {
	h := onboard.Hash([]byte(id))
	if k, ok := r.owners[h]; ok {
		return hexOf(k), nil
	}
	it, err := r.errand.Read(ctx, "Patient", id)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	v, err := it.Full()
	if err != nil {
		return "", err
	}
	key := keyIn(r.trust, "patients", v)
	if key == "" {
		return "", nil
	}
	r.owners[h] = onboard.Hash([]byte(r.merges.Of(key)))
	return hexOf(r.owners[h]), nil
}

// said is what a resource says, by the columns of its class.
func (r *recordOf) said(ctx context.Context, class string, v *fhir.Value) (key string, values []string, err error) {
	read := &reading{trust: r.trust, zone: r.zone, v: v, patient: func(id string) string {
		owner, failed := r.owner(ctx, id)
		if failed != nil {
			err = failed
		}
		return owner
	}}
	if class == "patients" {
		key = keyIn(r.trust, class, v)
		r.owners[onboard.Hash([]byte(v.ID()))] = onboard.Hash([]byte(r.merges.Of(key)))
	}
	values = read.ofResource(class)
	return keyIn(r.trust, class, v), values, err
}

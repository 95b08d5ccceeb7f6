package record

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/fhirpath"
	"concord/standard/search"
	"concord/store"
)

// parameter is a custom search parameter as it is kept
// (https://hl7.org/fhir/R4/searchparameter.html).
type parameter struct {
	URL        string   `json:"url"`
	Version    int64    `json:"version"` // of the resource that defines it
	Code       string   `json:"code"`
	Base       []string `json:"base"`
	Kind       string   `json:"kind"`
	Targets    []string `json:"targets,omitempty"`
	Expression string   `json:"expression"`
	// Off says that there is no index over all records; BuiltIn that R4 defines
	// the parameter and the resource only says that.
	Off     bool `json:"off,omitempty"`
	BuiltIn bool `json:"builtIn,omitempty"`
}

// IndexExtension on an active SearchParameter, with the code "off", takes the
// index over all records from the parameter of its code and bases, which may be
// one of R4's.
const IndexExtension = "urn:concord:index"

// rests are the names of those without an index.
func rests(list []parameter) []string {
	var out []string
	for _, p := range list {
		if p.Off {
			for _, typ := range p.types() {
				out = append(out, typ+"."+p.Code)
			}
		}
	}
	return out
}

// readParameter reads a SearchParameter resource. Errors: Invalid
// "search.definition", with the element.
func readParameter(res *fhir.Value, version int64) (parameter, error) {
	p := parameter{URL: res.StrAt("url"), Version: version, Code: res.StrAt("code"), Kind: res.StrAt("type"), Expression: res.StrAt("expression")}
	for b := range res.Get("base").Each() {
		p.Base = append(p.Base, b.Str())
	}
	for t := range res.Get("target").Each() {
		p.Targets = append(p.Targets, t.Str())
	}
	index := fhir.Extension(res, IndexExtension).StrAt("valueCode")
	p.Off = index == "off"
	bad := func(at, text string) (parameter, error) {
		return p, fault.New(fault.Invalid, "search.definition", "%s", text).In("SearchParameter." + at)
	}
	if index != "" && index != "on" && index != "off" {
		return bad("extension", "an index is on or off")
	}
	switch search.Kind(p.Kind) {
	case search.Token, search.Reference, search.String, search.Date, search.Number, search.Quantity, search.URI:
	default:
		return bad("type", "a custom parameter is a token, reference, string, date, number, quantity or uri")
	}
	if p.Code == "" || p.Code[0] == '_' {
		return bad("code", "a code that does not begin with an underscore is needed")
	}
	built := 0
	for _, b := range p.Base {
		if fhir.R4().Number(b) == 0 && b != "Resource" && b != "DomainResource" {
			return bad("base", "R4 has no such resource type")
		}
		switch {
		case search.R4().Param(b, p.Code) == nil:
		case !p.Off:
			return bad("code", "R4 defines a parameter of that name")
		case !search.R4().MayBeOff(b, p.Code):
			return bad("code", "the index of this parameter cannot be switched off: it has none of its own, or the record relies on it")
		default:
			built++
		}
	}
	if p.BuiltIn = built > 0 && built == len(p.Base); p.BuiltIn {
		return p, nil
	}
	if built > 0 {
		return bad("base", "R4 defines a parameter of that name for some of these types")
	}
	if p.Expression == "" {
		return bad("expression", "an expression is needed")
	}
	if _, err := fhirpath.Compile(p.Expression); err != nil {
		return bad("expression", "this is no FHIRPath expression: "+fault.Of(err).Text)
	}
	return p, nil
}

// types are the resource types that a parameter is for.
func (p parameter) types() []string {
	if slices.Contains(p.Base, "Resource") || slices.Contains(p.Base, "DomainResource") {
		return fhir.R4().Names()
	}
	return p.Base
}

// maxSteps bounds what an expression may cost on one resource.
const maxSteps = 100_000

// params compiles the parameter for each of its types.
func (p parameter) params(zone *time.Location) ([]*search.Param, error) {
	e, err := fhirpath.Compile(p.Expression)
	if err != nil {
		return nil, err
	}
	find := func(resource *fhir.Value) []*fhir.Value {
		found, err := e.Eval(&fhirpath.Env{Zone: zone, Steps: maxSteps}, fhirpath.Resource(resource))
		if err != nil {
			return nil // an expression that does not fit a resource finds nothing in it
		}
		return values(found)
	}
	var out []*search.Param
	for _, typ := range p.types() {
		out = append(out, search.Custom(typ, p.Code, p.URL, search.Kind(p.Kind), p.Targets, find))
	}
	return out, nil
}

// values are the elements of an outcome; what an expression computes becomes a
// text.
func values(found fhirpath.Collection) []*fhir.Value {
	var out []*fhir.Value
	for _, item := range found {
		if n, ok := item.Node(); ok {
			if n.Value != nil {
				out = append(out, n.Value)
			}
			continue
		}
		if text := item.Text(); text != "" {
			out = append(out, fhir.Of(text))
		}
	}
	return out
}

// indexState is what the store is indexed by, and how far a change of that has
// come. Documents written after the change Since are indexed by To; those
// before by From, until the rebuild has passed them.
type indexState struct {
	Generation int64       `json:"generation"`
	Since      int64       `json:"since,omitempty"`
	From       []parameter `json:"from,omitempty"`
	To         []parameter `json:"to,omitempty"`
	Types      []string    `json:"types,omitempty"` // to rebuild
	Phase      string      `json:"phase"`           // "" ready, "building", "checking", "failed"
	Type       int         `json:"type,omitempty"`  // place in Types
	PK         int64       `json:"pk,omitempty"`
	LID        int64       `json:"lid,omitempty"`
	Total      int64       `json:"total,omitempty"`
	Done       int64       `json:"done,omitempty"`
	Checked    int64       `json:"checked,omitempty"`
	Repaired   int64       `json:"repaired,omitempty"`
	Job        string      `json:"job,omitempty"`
	Upgrade    bool        `json:"upgrade,omitempty"`  // the index is incomplete until this is done
	Labels     bool        `json:"labels,omitempty"`   // and so it is of which resources are labelled, only
	Attached   bool        `json:"attached,omitempty"` // and so it is of what leads to Binaries
	Started    time.Time   `json:"started,omitzero"`
	Ended      time.Time   `json:"ended,omitzero"`
}

const indexSpace, indexKey = "search-index", "state"

func readIndex(ctx context.Context, r store.Keys) (indexState, error) {
	var st indexState
	text, err := r.GetKey(ctx, indexSpace, indexKey)
	if err != nil || text == nil {
		return st, err
	}
	if err := json.Unmarshal(text, &st); err != nil {
		return st, fault.Wrap(err, fault.Internal, "search.index", "the state of the index cannot be read")
	}
	return st, nil
}

func writeIndex(ctx context.Context, tx store.Tx, st indexState) error {
	text, err := json.Marshal(st)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "search.index", "the state of the index cannot be written")
	}
	return tx.SetKey(ctx, indexSpace, store.KeyValue{Key: indexKey, Value: text})
}

// passed tells whether the rebuild has been at a document already.
func (st indexState) passed(k store.Key) bool {
	if st.Phase != "building" {
		return true
	}
	at := slices.Index(st.Types, fhir.R4().Name(k.Type()))
	if at < 0 || at < st.Type {
		return true
	}
	return at == st.Type && compareKeys(k, store.Key{PK: st.PK, LID: st.LID}) <= 0
}

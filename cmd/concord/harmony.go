package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"concord/edge/webui"
	"concord/exchange/onboard"
	"concord/exchange/onboard/harmonise"
	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/store"
)

// harmony puts together what the codes of a joiner and the domain's are.
type harmony struct {
	house *house

	mu   sync.Mutex
	kept map[string]*domainOf // by the joiner's code
}

// domainOf is what runs, as it was read at a moment.
type domainOf struct {
	domain *harmonise.Domain
	maps   map[harmonise.CodingOf][]harmonise.Coding
	at     time.Time
}

// domainLife is how long what runs is believed: codes that the record has are
// gathered from thousands of resources.
const domainLife = 5 * time.Minute

var _ webui.Harmony = (*harmony)(nil)

// domainFolder is the stage of the domain, which holds its catalogue: no
// organisation joins by it.
const domainFolder = ".domain"

func (h *house) domainStage() *onboard.Stage {
	return &onboard.Stage{Dir: filepath.Join(h.stages, domainFolder), Trust: access.Domain, Now: time.Now}
}

// stage opens the stage of an organisation, or that of the domain.
func (y *harmony) stage(org string) (*onboard.Stage, error) {
	if org == access.Domain {
		return y.house.domainStage(), nil
	}
	if !uk.ODSCode(org) {
		return nil, fault.New(fault.NotFound, "onboard.organisation", "no such organisation joins")
	}
	return y.house.stageOf(org)
}

// forget lets what runs be read anew.
func (y *harmony) forget() {
	y.mu.Lock()
	defer y.mu.Unlock()
	clear(y.kept)
}

// runs is what runs for a joiner: the domain's catalogue, its own org pack, and
// what the record has.
func (y *harmony) runs(ctx context.Context, org string) (*domainOf, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if d := y.kept[org]; d != nil && time.Since(d.at) < domainLife {
		return d, nil
	}
	e := y.house.operator()
	c, err := harmonise.CatalogueOf(y.house.domainStage())
	if err != nil {
		return nil, err
	}
	packs, err := pack.Running(ctx, e)
	if err != nil {
		return nil, err
	}
	lists := [][]harmonise.Entry{c.Entries}
	if k := pack.Find(packs, org); k != nil {
		lists = append(lists, harmonise.FromPack(k.Pack))
	}
	sets, err := harmonise.ValueSets(ctx, e)
	if err != nil {
		return nil, err
	}
	seen, err := harmonise.FromRecord(ctx, e, org)
	if err != nil {
		return nil, err
	}
	d := &domainOf{at: time.Now(), domain: harmonise.NewDomain(append(lists, sets, seen)...)}
	if d.maps, err = harmonise.ConceptMaps(ctx, e, org); err != nil {
		return nil, err
	}
	y.kept[org] = d
	return d, nil
}

// Build gives the build of an organisation by its newest extract, or by that
// which is named; without an extract by its catalogue alone.
func (y *harmony) Build(ctx context.Context, org, extract string) (*harmonise.Build, *onboard.Stage, error) {
	s, err := y.stage(org)
	if err != nil {
		return nil, nil, err
	}
	in := harmonise.Inputs{Now: time.Now()}
	if in.Catalogue, err = harmonise.CatalogueOf(s); err != nil {
		return nil, nil, err
	}
	if in.Decisions, err = harmonise.DecisionsOf(s); err != nil {
		return nil, nil, err
	}
	x, err := s.Find(extract)
	if err == nil {
		in.Used, err = s.Codes(ctx, x)
	}
	if f := fault.Of(err); err != nil && f.Code != "onboard.extract" && f.Code != "onboard.not-profiled" {
		return nil, nil, err
	}
	d, err := y.runs(ctx, org)
	if err != nil {
		return nil, nil, err
	}
	in.Domain, in.Maps = d.domain, d.maps
	if in.Heard, err = y.heardOf(ctx, org); err != nil {
		return nil, nil, err
	}
	return harmonise.New(org, in), s, nil
}

// Matches gives pairs of an organisation's newest extract.
func (y *harmony) Matches(ctx context.Context, org string, ask onboard.ReviewAsked) (*onboard.Stage, *onboard.Review, error) {
	s, err := y.stage(org)
	if err != nil {
		return nil, nil, err
	}
	x, err := s.Find("")
	if err != nil {
		return nil, nil, err
	}
	v, err := s.Review(ctx, x, ask)
	return s, v, err
}

// ruler is the errand of the steward who made a ruling in a rehearsal.
func (h *house) ruler(who string) *record.Errand {
	org, name, _ := strings.Cut(who, "/")
	return h.desk.For(access.Requester{ID: name, Role: access.Steward, Org: org}, access.Reason{Purpose: access.Integrity})
}

// chartSize is how many documents the probe of a load reads.
const chartSize = 100

// errFelt ends a transaction that is only made to wait for its turn.
var errFelt = errors.New("felt")

// feel does what somebody who works with the record waits for, a read and their
// turn at a commit, without writing anything, and tells how long it took.
func (h *house) feel(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	err := h.engine.View(ctx, func(r store.Reader) error { // as much as a short chart
		_, err := r.Scan(ctx, fhir.R4().Number("Patient"), store.Key{}, chartSize)
		return err
	})
	if err == nil {
		if err = h.engine.Update(ctx, func(store.Tx) error { return errFelt }); errors.Is(err, errFelt) {
			err = nil
		}
	}
	return time.Since(start), err
}

// throttle holds a load or an undo to a factor of what others wait; 0 = to nothing.
func (h *house) throttle(factor float64) onboard.Throttle {
	if factor <= 0 {
		return onboard.Throttle{}
	}
	return onboard.Throttle{Probe: h.feel, Factor: factor}
}

// undoOptions are those of an undo: held to what others feel, and with what the load has
// published for living feeds taken back.
func (h *house) undoOptions(org string, factor float64) onboard.UndoOptions {
	return onboard.UndoOptions{Throttle: h.throttle(factor), Undone: h.undone(org)}
}

// loadOptions are those of a load by request: by the build, by the rulings of the
// rehearsal, and held to what others feel. What it went by is published for the
// living feeds when it is done. An operator may load codes as sent,
// for a reason that the audit log keeps.
func (h *house) loadOptions(ctx context.Context, req request) (onboard.LoadOptions, error) {
	opt := onboard.LoadOptions{Rest: req.Rest, Ruler: h.ruler, Throttle: h.throttle(req.Factor)}
	if req.AsSent != "" {
		return opt, h.officeOf(req.Org).Joining(ctx, access.Join, req.Org, "load with codes as sent: "+req.AsSent)
	}
	b, _, err := h.harmony.Build(ctx, req.Org, req.Extract)
	if err == nil {
		opt.Mapping, opt.Loaded = b.Mapping(), h.loaded(b)
	}
	return opt, err
}

package reconcile

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
	"concord/record"
	"concord/record/access"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// scene is a record over a real store, and the stage of a trust that joins.
type scene struct {
	t     *testing.T
	ctx   context.Context
	desk  *record.Desk
	stage *onboard.Stage
	load  *record.Errand
	opt   Options
}

func newScene(t *testing.T, trust string) *scene {
	t.Helper()
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("SKIP: no time zones here")
	}
	s := &scene{t: t, ctx: ctx, desk: desk, stage: &onboard.Stage{Dir: filepath.Join(t.TempDir(), trust), Trust: trust, Now: time.Now, Zone: zone}}
	s.load = s.errand("load", trust)
	files, err := pack.Files(os.DirFS(filepath.Join("..", "..", "..", "demo", "packs", trust)))
	if err != nil {
		t.Fatal(err)
	}
	p, problems := pack.Read(files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.opt.Pack = p
	return s
}

// errand is that of a client of a trust that may do everything with resources.
func (s *scene) errand(id, trust string) *record.Errand {
	s.t.Helper()
	scopes, err := access.ParseScopes("system/*.cruds")
	if err != nil {
		s.t.Fatal(err)
	}
	return s.desk.For(access.Requester{ID: id, Role: access.System, Org: trust, Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
}

// folder writes an extract by hand.
func (s *scene) folder(files map[string]string) string {
	s.t.Helper()
	dir := s.t.TempDir()
	files["extract.yaml"] = "trust: " + s.stage.Trust + "\nsource: PAS\ntaken: 2026-11-25T02:00:00Z\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return dir
}

func (s *scene) madeUp(o extract.Options) (string, *extract.Planted) {
	s.t.Helper()
	dir := s.t.TempDir()
	planted, err := extract.Write(dir, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return dir, planted
}

// staged stages and profiles an extract.
func (s *scene) staged(dir string) *onboard.Extract {
	s.t.Helper()
	x, err := s.stage.Add(s.ctx, dir, false)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.stage.Profile(s.ctx, x, onboard.Options{}); err != nil {
		s.t.Fatal(err)
	}
	return x
}

func (s *scene) loaded(x *onboard.Extract) *onboard.Loading {
	s.t.Helper()
	l, err := s.stage.Load(s.ctx, x, s.load, onboard.LoadOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *scene) run(x *onboard.Extract) *Report {
	s.t.Helper()
	r, err := Run(s.ctx, s.stage, x, s.load, s.opt)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *scene) text(r *Report) string {
	s.t.Helper()
	text, err := r.JSON()
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// block finds what stands against the go.
func block(r *Report, code string) *Block {
	for i := range r.Blocks {
		if r.Blocks[i].Code == code {
			return &r.Blocks[i]
		}
	}
	return nil
}

func differences(r *Report, what string) (out []string) {
	for _, d := range r.Differences {
		if d.What == what {
			out = append(out, d.Class+" "+d.Key)
		}
	}
	return out
}

func (s *scene) transact(e *record.Errand, op record.Op) {
	s.t.Helper()
	if _, err := e.Transact(s.ctx, []record.Op{op}, record.Commit{}); err != nil {
		s.t.Fatal(err)
	}
}

// find gives what a load wrote of one type.
func (s *scene) find(e *record.Errand, typ, load string) []*record.Item {
	s.t.Helper()
	f, err := e.Search(s.ctx, record.Asked{Types: []string{typ}, Form: url.Values{"_tag": {onboard.LoadTag + "|" + load}, "_count": {"100"}}})
	if err != nil || len(f.Matches) == 0 {
		s.t.Fatalf("%s: nothing is found, %v", typ, err)
	}
	return f.Matches
}

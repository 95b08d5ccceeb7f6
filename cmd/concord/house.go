package main

import (
	"context"
	"log/slog"
	"time"

	"concord/exchange/intake"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/standard/validate"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// house is everything between the store and the edges, wired.
type house struct {
	dir      string
	engine   store.Engine
	desk     *record.Desk
	accounts *account.Register
	receiver *intake.Receiver
	applier  *intake.Applier
	log      *slog.Logger
}

// openHouse opens the data folder for writing. Errors: Conflict "store.locked"
// when a server runs on it.
func openHouse(ctx context.Context, w where, feeds []intake.FeedSetting, log *slog.Logger) (*house, error) {
	dir, err := w.folder()
	if err != nil {
		return nil, err
	}
	key, err := secret(dir)
	if err != nil {
		return nil, err
	}
	engine, err := sqlite.Open(ctx, dir, sqlite.Options{Now: time.Now})
	if err != nil {
		return nil, err
	}
	h := &house{dir: dir, engine: engine, log: log}
	if err := h.wire(ctx, key, feeds); err != nil {
		engine.Close()
		return nil, err
	}
	return h, nil
}

func (h *house) wire(ctx context.Context, key []byte, feeds []intake.FeedSetting) error {
	codec, err := dictionary.Codec()
	if err != nil {
		return err
	}
	h.desk, err = record.Open(ctx, record.Options{
		Engine: h.engine, Codec: codec, Secret: key, Now: time.Now, Check: validate.Base().Check,
	})
	if err != nil {
		return err
	}
	h.accounts = account.New(h.engine, time.Now)
	table, err := intake.NewFeeds(feeds, h.desk.Zone())
	if err != nil {
		return err
	}
	var applier *intake.Applier
	h.receiver = intake.NewReceiver(h.desk, table, time.Now, func() { applier.Wake() })
	applier = intake.NewApplier(h.desk, h.receiver, h.log)
	h.applier = applier
	return nil
}

// operator is the errand of who holds the data folder.
func (h *house) operator() *record.Errand {
	return h.desk.For(access.Requester{ID: "operator", Name: "Operator", Role: access.Operator, Org: intake.Domain},
		access.Reason{Purpose: access.Integrity})
}

func (h *house) close() error { return h.engine.Close() }

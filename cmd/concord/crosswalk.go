package main

import (
	"context"
	"fmt"
	"time"

	"concord/exchange/crosswalk"
	"concord/exchange/feed"
	"concord/exchange/intake"
	"concord/exchange/onboard"
	"concord/exchange/onboard/harmonise"
	"concord/record"
	"concord/record/access"
)

// rules are what messages are read by, as the record has it.
func (h *house) rules(ctx context.Context) (*intake.Rules, error) {
	tables, err := crosswalk.Running(ctx, h.operator())
	if err != nil {
		return nil, err
	}
	sets, err := feed.Each(ctx, h.operator())
	if err != nil {
		return nil, err
	}
	r := &intake.Rules{Tables: map[string]*crosswalk.Table{}, Channels: map[string]intake.Channels{}, Broken: map[string]error{}}
	for _, k := range sets {
		if k.Err != nil {
			r.Broken[k.Org] = k.Err
		} else {
			r.Channels[k.Org] = intake.Channels{Set: k.Set, Version: fmt.Sprint(k.Org, ".", k.Version)}
		}
	}
	for _, k := range tables {
		if k.Err != nil {
			r.Broken[k.Org] = k.Err
		} else if k.Table != nil {
			r.Tables[k.Org] = k.Table
		}
	}
	return r, nil
}

// feedsOf is the errand by which processes are told that an organisation's rules
// were applied.
func (h *house) feedsOf(org string) *record.Errand {
	return h.desk.For(access.Requester{ID: "channels", Name: "Channels", Role: access.System, Org: org}, access.Reason{Purpose: access.DirectCare})
}

// publish makes the table that living feeds go by for an organisation; nil takes it
// away. Codes that it decides on need nobody's decision any more; without one none
// does.
func (h *house) publish(ctx context.Context, t *crosswalk.Table, by crosswalk.Made) (bool, error) {
	changed, err := crosswalk.Publish(ctx, h.officeOf(by.Org), h.feedsOf(by.Org), t, by)
	if err != nil {
		return changed, err
	}
	return changed, h.answered(ctx, t, by)
}

// answered forgets the codes that a table decides on.
func (h *house) answered(ctx context.Context, t *crosswalk.Table, by crosswalk.Made) error {
	day := by.At.In(h.desk.Zone()).Format(time.DateOnly)
	return h.feedsOf(by.Org).ForgetUnmapped(ctx, by.Org, func(u *record.Unmapped) bool {
		return t == nil || t.Answers(crosswalk.Kind(u.Kind), u.Code, u.Unit, day)
	})
}

// loaded publishes what a load went by, so that what comes by message is written as
// what was loaded.
func (h *house) loaded(b *harmonise.Build) func(context.Context, *onboard.Loading) error {
	return func(ctx context.Context, l *onboard.Loading) error {
		_, err := h.publish(ctx, b.Table(), crosswalk.Made{Org: b.Org, By: "load", At: time.Now(), Why: "the load " + l.Load, Load: l.Load})
		return err
	}
}

// undone takes back what a load has published, unless codes were published anew since.
func (h *house) undone(org string) func(context.Context, *onboard.Loading) (onboard.CodesBecame, error) {
	return func(ctx context.Context, l *onboard.Loading) (onboard.CodesBecame, error) {
		by := crosswalk.Made{Org: org, By: "undo", At: time.Now(), Why: "the undo of load " + l.Load}
		became, t, err := crosswalk.TakeBack(ctx, h.officeOf(org), h.feedsOf(org), l.Load, by)
		if err == nil && (became == crosswalk.Withdrawn || became == crosswalk.AsBefore) {
			err = h.answered(ctx, t, by)
		}
		return onboard.CodesBecame(became), err
	}
}

// Published is what the living feeds of an organisation go by, nil if nothing ever
// was published.
func (y *harmony) Published(ctx context.Context, org string) (*crosswalk.Kept, error) {
	running, err := crosswalk.Running(ctx, y.house.operator())
	if err != nil {
		return nil, err
	}
	return crosswalk.Of(running, org), nil
}

// Publish makes the build as it stands what the living feeds of its organisation go
// by; withdraw takes that away. who has been decided on before.
func (y *harmony) Publish(ctx context.Context, org, who, why string, withdraw bool) (bool, error) {
	by := crosswalk.Made{Org: org, By: who, At: time.Now(), Why: why}
	if withdraw {
		return y.house.publish(ctx, nil, by)
	}
	b, _, err := y.Build(ctx, org, "")
	if err != nil {
		return false, err
	}
	return y.house.publish(ctx, b.Table(), by)
}

// heardOf are the codes that messages of an organisation have and on which nobody
// has decided.
func (y *harmony) heardOf(ctx context.Context, org string) ([]harmonise.Heard, error) {
	list, err := y.house.operator().Unmapped(ctx, org)
	if err != nil {
		return nil, err
	}
	var out []harmonise.Heard
	for _, u := range list {
		out = append(out, harmonise.Heard{Kind: harmonise.Kind(u.Kind), Code: u.Code, Name: u.Name, Messages: u.Messages, Unit: u.Unit})
	}
	return out, nil
}

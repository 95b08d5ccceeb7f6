package main

import (
	"fmt"
	"net/http"
	"time"

	"concord/edge/login"
	"concord/edge/smart"
	"concord/edge/transport"
	"concord/edge/webui"
	"concord/exchange/intake"
	"concord/fault"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// pages is the handler of everything that people look at.
func (s *server) pages(apps *smart.Server) (http.Handler, error) {
	h := s.house
	secure := s.tls != nil || len(s.opts.BaseURL) > 8 && s.opts.BaseURL[:8] == "https://"
	door := login.New(h.accounts, secure).At(s.baseURL())
	relying, err := s.relying(door)
	if err != nil {
		return nil, err
	}
	var outside webui.Outside
	if relying != nil {
		outside = relying
	}
	asked, err := s.opts.tracing.client()
	if err != nil {
		return nil, err
	}
	var demographics webui.Demographics
	if asked != nil {
		demographics = asked
	}
	return webui.New(webui.Options{
		Demographics: demographics, Harmony: h.harmony, Joining: h.joining,
		Desk: h.desk, Accounts: h.accounts, Door: door, Guard: login.Guard, Outside: outside, Apps: apps, Grants: h.grants,
		Orgs: organisations(), Now: time.Now, Zone: h.desk.Zone(), Log: h.log,
		Pace: transport.NewPace(s.opts.UserRate, time.Now), PublicPace: transport.NewPace(s.opts.PublicRate, time.Now),
		Replay: h.applier.Replay, Parse: parsedMessage, Feeds: s.feedSettings, Channels: h.feeds.Sets, Packs: h.runningPacks, Demo: s.opts.Demo, Witnesses: h.desk.Witnesses, BaseURL: s.baseURL(),
	})
}

// palette are the badge colours of the four trusts: away from the yellow,
// orange and red of NEWS2.
var palette = map[string][2]string{
	"RYJ": {"#ccdff1", "#004281"}, "R1K": {"#d6cce3", "#240050"}, "RAS": {"#ccedeb", "#00524d"}, "RQM": {"#efd3e3", "#57133a"},
}

func organisations() []webui.Org {
	var out []webui.Org
	for _, t := range uk.Trusts() {
		colours := palette[t.Code]
		o := webui.Org{Code: t.Code, Name: t.Name, Short: t.Short, Tint: colours[0], Ink: colours[1]}
		for _, site := range t.Sites {
			o.Sites = append(o.Sites, webui.Place{Code: site.Code, Name: site.Name})
		}
		out = append(out, o)
	}
	return append(out, webui.Org{Code: intake.Domain, Name: "NHS North West London Integrated Care Board", Short: "NW London ICB"})
}

// organisationName is the full name of an organisation, "" for one that is not
// known.
func organisationName(code string) string {
	for _, o := range organisations() {
		if o.Code == code {
			return o.Name
		}
	}
	return ""
}

// feedSettings tells how feeds are set, for the feeds page.
func (s *server) feedSettings() []webui.FeedSetting {
	var out []webui.FeedSetting
	for _, f := range s.house.receiver.Feeds().Settings() {
		ack := f.Ack
		if ack == "" {
			ack = "by message"
		}
		name := f.FeedName()
		if name == "" {
			continue // it fits several feeds
		}
		out = append(out, webui.FeedSetting{Feed: name, Listen: s.mllpAddresses(), Accept: ack, Modes: f.Accept})
	}
	return out
}

func (s *server) mllpAddresses() string {
	text := ""
	for i, l := range s.mllpSock {
		if i > 0 {
			text += ", "
		}
		text += l.Addr().String()
	}
	return text
}

// maxParsedFields bounds the parsed view of one message.
const maxParsedFields = 2000

// parsedMessage reads a message field by field.
func parsedMessage(raw []byte) ([]webui.Parsed, error) {
	m, err := hl7v2.Parse(raw)
	if err != nil {
		return nil, err
	}
	var out []webui.Parsed
	seen := map[string]int{}
	for _, seg := range m.Segments() {
		seen[seg.ID()]++
		for n := 1; n <= seg.Len(); n++ {
			f := seg.Field(n)
			if f.Empty() {
				continue
			}
			if len(out) == maxParsedFields {
				return out, fault.New(fault.TooCostly, "feeds.parsed", "the message has more fields than are shown")
			}
			name := seg.ID()
			if k := seen[seg.ID()]; k > 1 {
				name = fmt.Sprintf("%s[%d]", name, k)
			}
			out = append(out, webui.Parsed{Path: fmt.Sprintf("%s-%d", name, n), Name: hl7v2.FieldName(seg.ID(), n), Value: f.Text()})
		}
	}
	return out, nil
}

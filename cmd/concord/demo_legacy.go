package main

import (
	"context"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"unicode/utf8"

	"concord/demo"
	"concord/demo/packs"
	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/standard/hl7v2"
)

// demoDestinations are those of the demonstration's channels that a legacy
// system is played for; nobody answers at the others.
func demoDestinations() map[string]*demo.Legacy {
	return map[string]*demo.Legacy{
		"lnw-old-ris":       {},
		"cw-letter-archive": {},
		// This one has no room for long names, so that there is something to see
		// among what was returned.
		"lnw-ward-view": {Refuse: func(m *hl7v2.Message) bool { return utf8.RuneCountInString(m.Get("PID-5.1")) > longestName }},
	}
}

const longestName = 9

// demoChannels applies the channels of the demonstration's org packs, and opens
// the sockets of its legacy systems.
func (c *demoCmd) demoChannels(ctx context.Context, h *house) error {
	for _, org := range []string{"R1K", "RQM"} {
		dir, err := fs.Sub(packs.FS, org+"/channels")
		if err != nil {
			return err
		}
		files, err := channel.Files(dir)
		if err != nil {
			return err
		}
		set, problems := channel.Read(files, org)
		if len(problems) > 0 {
			return fault.New(fault.Internal, "demo.channels", "%s", problems[0])
		}
		if err := h.applyChannels(ctx, org, set, io.Discard); err != nil {
			return err
		}
	}
	for name, legacy := range demoDestinations() {
		if slices.ContainsFunc(c.Destination, func(s string) bool { return strings.HasPrefix(s, name+"=") }) {
			continue
		}
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		c.Destination = append(c.Destination, name+"="+socket.Addr().String())
		go func() {
			if err := legacy.Serve(ctx, socket); err != nil {
				h.log.Error("a legacy system of the demonstration ended", "destination", name, "error", err.Error())
			}
		}()
	}
	return nil
}

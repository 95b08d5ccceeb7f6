package main

import (
	"context"
	"io"
	"io/fs"

	"concord/demo/packs"
	"concord/exchange/onboard/harmonise"
	"concord/record/access"
)

// harmonised takes in the catalogues of the domain and of a trust of the
// demonstration, and what its steward has decided on its codes.
func (h *house) harmonised(ctx context.Context, org string) error {
	for _, of := range []string{access.Domain, org} {
		dir, err := fs.Sub(packs.FS, of+"/catalogue")
		if err != nil {
			return err
		}
		files, err := harmonise.Files(dir)
		if err != nil {
			return err
		}
		if err := h.buildCommand(ctx, request{Command: "build-catalogue", Org: of, Pack: files}, io.Discard); err != nil {
			return err
		}
	}
	text, err := packs.FS.ReadFile(org + "/catalogue/build.yaml")
	if err != nil {
		return err
	}
	return h.buildCommand(ctx, request{Command: "build-take", Org: org, Text: text}, io.Discard)
}

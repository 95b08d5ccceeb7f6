package main

import (
	"context"
	"fmt"
)

type linkCountCmd struct {
	where `embed:""`
}

// Run counts how common names and dates of birth are, so that rare ones that
// agree count for more than common ones.
func (c *linkCountCmd) Run(ctx context.Context) error {
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	n, err := h.operator().CountNames(ctx, 1)
	if err == nil {
		fmt.Printf("%d entries are counted; every process goes by it within a minute\n", n)
	}
	return err
}

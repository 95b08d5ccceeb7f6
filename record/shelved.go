package record

import (
	"context"

	"concord/store"
)

// shelfBytes is how much memory the documents take that were read lately.
const shelfBytes = 32 << 20

// shelved gives a View's Reader that looks among the documents that were read
// lately first. While the index is being rebuilt it is the store's own, and so
// it is for who wants to know what the store was asked.
func (d *Desk) shelved(ctx context.Context, r store.Reader, change int64) (store.Reader, error) {
	st := d.searches().state
	if st.Phase != "" || st.Upgrade || store.TraceOf(ctx) != nil {
		return r, nil
	}
	return d.shelf.Reader(ctx, r, change, st.Generation)
}

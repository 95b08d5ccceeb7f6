package record

import (
	"context"
	"iter"
)

// Pages are the matches of a search, page after page until there are no more. An
// error is the last that is given; the errors are those of Search.
func (e *Errand) Pages(ctx context.Context, ask Asked) iter.Seq2[[]*Item, error] {
	return func(yield func([]*Item, error) bool) {
		for {
			found, err := e.Search(ctx, ask)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(found.Matches, nil) || found.Next == "" {
				return
			}
			ask.Page = found.Next
		}
	}
}

package postgres

import (
	"context"

	"concord/store"
)

// OpenProbed is Open with f told of every statement, if it is not nil, and
// with guesses forbidden, if asked, so that no function runs twice.
func OpenProbed(ctx context.Context, dsn string, o Options, f func(string, []uint32), strict bool) (*Engine, error) {
	return open(ctx, dsn, o, probe{f, strict})
}

// Script runs statements on the writer's connection, beside the engine.
func (e *Engine) Script(text string) error {
	return e.submit(&request{ctx: context.Background(), done: make(chan struct{}, 1), work: func() error {
		return e.writer.c.script(context.Background(), text)
	}})
}

// Settings are those of every connection.
func Settings() map[string]string { return settings() }

// Ask runs a statement inside a View.
func Ask(ctx context.Context, r store.Reader, query string) error {
	return r.(*snapshot).each(ctx, query, nil)
}

// AskInt runs a statement for one number inside a View.
func AskInt(ctx context.Context, r store.Reader, query string) (int64, error) {
	return r.(*snapshot).intOf(ctx, query)
}

// Journeys is how often a View has waited for the server.
func Journeys(r store.Reader) int { return r.(*snapshot).c.journeys }

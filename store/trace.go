package store

import (
	"context"
	"time"
)

// Trace is told of every statement that an engine runs for one request, so
// that a search can explain itself. It is called from one goroutine.
type Trace func(statement string, rows int, took time.Duration)

type traceKey struct{}

// WithTrace asks the engine to tell of what it runs under the context.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf is the trace of a context, nil when there is none.
func TraceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

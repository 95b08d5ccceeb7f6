package store

import "context"

type unhurried struct{}

// Unhurried marks the Updates made under a context as ones for which nobody waits:
// a load, an undo. An engine that can runs others before them.
func Unhurried(ctx context.Context) context.Context {
	return context.WithValue(ctx, unhurried{}, true)
}

// Hurried takes the mark away: of what others may come to wait for.
func Hurried(ctx context.Context) context.Context {
	if !IsUnhurried(ctx) {
		return ctx
	}
	return context.WithValue(ctx, unhurried{}, false)
}

// IsUnhurried tells whether a context bears the mark.
func IsUnhurried(ctx context.Context) bool {
	is, _ := ctx.Value(unhurried{}).(bool)
	return is
}

package grant

// Check is for the fuzz test, which has no store.
func Check(a *App) error { return a.check() }

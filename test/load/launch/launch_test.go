package launch_test

import (
	"testing"

	"concord/test/load/launch"
)

// TestURL: a DSN of keywords becomes the URL of the same database.
func TestURL(t *testing.T) {
	got := launch.URL("host=/tmp/pg1 port=5432 user=concord dbname=postgres sslmode=disable")
	if want := "postgres://concord@/postgres?host=%2Ftmp%2Fpg1&port=5432&sslmode=disable"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

package clients

import (
	"testing"

	"concord/test/npm"
)

func TestLockNamesNoRegistry(t *testing.T) { npm.Pinned(t) }

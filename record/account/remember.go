package account

import (
	"sync"
	"time"
)

// rememberFor is how long a token that was looked up is taken at its word. A
// revocation in this process counts at once, one in another process after at
// most this time.
const rememberFor = 2 * time.Second

// remembered keeps tokens that were looked up a moment ago, so that a client's
// burst of requests does not ask the store for each.
type remembered struct {
	mu   sync.Mutex
	rows map[string]rememberedRow
}

type rememberedRow struct {
	row   tokenRow
	until time.Time
}

func (r *remembered) get(id string, now time.Time) (tokenRow, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	have, ok := r.rows[id]
	return have.row, ok && now.Before(have.until)
}

func (r *remembered) put(id string, row tokenRow, now time.Time) {
	const most = 10_000
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil || len(r.rows) >= most {
		r.rows = map[string]rememberedRow{}
	}
	r.rows[id] = rememberedRow{row, now.Add(rememberFor)}
}

func (r *remembered) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = nil
}

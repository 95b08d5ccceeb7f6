package transport

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of what refusals may put into the audit log, so that nobody fills it by
// sending rubbish: so many entries a minute for one address, for all together,
// and of the counts that stand for the rest.
const (
	refusedEach    = 5
	refusedAll     = 60
	refusedCounted = 20
	refusedWindow  = time.Minute
	mostAddresses  = 10_000
)

// Refused tells the audit log of tokens and assertions that were refused. The
// first of each address in a minute are entries of their own; the others are
// counted, and the counts are entries when the minute is over. Of a token it keeps
// its form and a mark by which two entries can be seen to be of one token, made with
// a key that dies with the process: nothing that opens anything.
type Refused struct {
	note func(ctx context.Context, what, code string) error
	now  func() time.Time
	key  [32]byte

	mu      sync.Mutex
	began   time.Time
	entries int
	told    map[string]int // entries by address
	rest    map[string]int // refusals that were only counted, by address
}

// NewRefused makes one; note puts an entry into the audit log, code being why the
// token was refused.
func NewRefused(note func(ctx context.Context, what, code string) error, now func() time.Time) *Refused {
	r := &Refused{note: note, now: now, told: map[string]int{}, rest: map[string]int{}}
	rand.Read(r.key[:])
	return r
}

// Tell notes one refusal: what was refused ("bearer token"), why by its code, from
// which address. It is safe on a nil Refused. Errors: those of note.
func (r *Refused) Tell(ctx context.Context, what, code, text, address string) error {
	if r == nil {
		return nil
	}
	over := r.turn()
	r.mu.Lock()
	own := r.told[address] < refusedEach && r.entries < refusedAll
	if own {
		r.told[address]++
		r.entries++
	} else {
		if r.rest[address] == 0 && len(r.rest) >= mostAddresses {
			address = "other addresses"
		}
		r.rest[address]++
	}
	r.mu.Unlock()
	err := r.count(ctx, over)
	if own && err == nil {
		err = r.note(ctx, fmt.Sprintf("%s refused from %s: %s, mark %s", what, address, formOf(text), r.mark(text)), code)
	}
	return err
}

// Flush puts the counts of a minute that is over into the log.
func (r *Refused) Flush(ctx context.Context) error { return r.count(ctx, r.turn()) }

// Run flushes every minute until ctx ends, and once more then; failed hears what
// could not be kept.
func (r *Refused) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(refusedWindow)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			r.mu.Lock()
			r.began = time.Time{}
			r.mu.Unlock()
			if err := r.Flush(context.WithoutCancel(ctx)); err != nil {
				failed(err)
			}
			return
		case <-tick.C:
			if err := r.Flush(ctx); err != nil {
				failed(err)
			}
		}
	}
}

// turn begins a new minute when the last one is over, and gives its counts.
func (r *Refused) turn() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if !r.began.IsZero() && now.Sub(r.began) < refusedWindow {
		return nil
	}
	over := r.rest
	r.began, r.entries, r.told, r.rest = now, 0, map[string]int{}, map[string]int{}
	return over
}

// count makes entries of counts: the largest by address, the others together.
func (r *Refused) count(ctx context.Context, over map[string]int) error {
	addresses := slices.SortedFunc(maps.Keys(over), func(a, b string) int {
		if over[a] != over[b] {
			return over[b] - over[a]
		}
		return strings.Compare(a, b)
	})
	others := 0
	for n, address := range addresses {
		if n >= refusedCounted {
			others += over[address]
			continue
		}
		if err := r.note(ctx, fmt.Sprintf("%d more refused from %s", over[address], address), "token.many"); err != nil {
			return err
		}
	}
	if others == 0 {
		return nil
	}
	return r.note(ctx, fmt.Sprintf("%d more refused from %d other addresses", others, len(addresses)-refusedCounted), "token.many")
}

func (r *Refused) mark(text string) string {
	h := hmac.New(sha256.New, r.key[:])
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// formOf tells what sort of token it is, in words of ours alone: what an attacker
// writes into a token does not come into the log.
func formOf(text string) string {
	parts := strings.Split(text, ".")
	if strings.HasPrefix(text, "concord_") {
		return "a token of this server's form"
	}
	if len(parts) != 3 {
		return "no token of any known form"
	}
	var head struct {
		Alg string `json:"alg"`
	}
	plain, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(plain, &head) != nil {
		return "no token of any known form"
	}
	switch alg := strings.ToUpper(head.Alg); alg {
	case "NONE", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EDDSA":
		return "a JWT with alg " + strings.ToLower(alg)
	}
	return "a JWT with an alg that is none"
}

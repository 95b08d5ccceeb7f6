package grant

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"concord/fault"
	"concord/record/account"
	"concord/store"
)

// The spaces of small values that this room owns.
const (
	appSpace    = "app"
	grantSpace  = "app-grant"
	codeSpace   = "app-code"
	tokenSpace  = "app-token"
	launchSpace = "app-launch"
	askSpace    = "app-ask"
	keySpace    = "app-key"
)

const listLimit = 10_000

// Registry is every app, grant and token of one installation.
type Registry struct {
	engine   store.Engine
	accounts *account.Register
	now      func() time.Time
}

// New makes the registry of a store.
func New(engine store.Engine, accounts *account.Register, now func() time.Time) *Registry {
	return &Registry{engine: engine, accounts: accounts, now: now}
}

// newSecret is 256 random bits in URL-safe text.
func newSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// newID is 128 random bits, for what is no secret.
func newID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// digest is what is stored of a random secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func set(ctx context.Context, tx store.Tx, space, key string, value any, expires time.Time) error {
	b, err := json.Marshal(value)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "grant.row", "a value cannot be written")
	}
	return tx.SetKey(ctx, space, store.KeyValue{Key: key, Value: b, Expires: expires})
}

// get reads a value; found is false when there is none.
func get(ctx context.Context, v store.Keys, space, key string, into any) (found bool, err error) {
	b, err := v.GetKey(ctx, space, key)
	if err != nil || b == nil {
		return false, err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return false, fault.Wrap(err, fault.Internal, "grant.row", "a stored value cannot be read")
	}
	return true, nil
}

// each calls f with what follows the prefix in each key of a space.
func each(ctx context.Context, v store.Keys, space, prefix string, f func(rest string, value []byte) error) error {
	rows, err := v.ListKeys(ctx, space, prefix, listLimit)
	if err != nil {
		return err
	}
	for _, kv := range rows {
		rest, ok := strings.CutPrefix(kv.Key, prefix)
		if !ok {
			return nil
		}
		if err := f(rest, kv.Value); err != nil {
			return err
		}
	}
	return nil
}

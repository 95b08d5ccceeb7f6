package grant

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/store"
)

// How long a key signs, and how long it stays published after that: longer
// than any token that it signed.
const (
	KeyLife   = 90 * 24 * time.Hour
	keyServed = 2 * 24 * time.Hour
)

// Key is one that signs identity tokens.
type Key struct {
	ID      string
	Kind    string // "RSA" or "P-384"
	Private crypto.Signer
	Made    time.Time
}

// keyRow is a key as it lies in the store.
type keyRow struct {
	Kind   string    `json:"kind"`
	Sealed []byte    `json:"sealed"` // PKCS #8
	Made   time.Time `json:"made"`
}

// SigningKey is the key of a kind ("RSA", "P-384") that signs now; it is made
// when there is none, or the last is too old. Errors: Unsupported
// account.no-secret.
func (r *Registry) SigningKey(ctx context.Context, kind string) (*Key, error) {
	all, err := r.Keys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if k.Kind == kind && r.now().Sub(k.Made) < KeyLife {
			return k, nil
		}
	}
	return r.NewKey(ctx, kind)
}

// NewKey makes a key that signs from now on; those before it stay published
// for a while.
func (r *Registry) NewKey(ctx context.Context, kind string) (*Key, error) {
	k := &Key{ID: newID(), Kind: kind, Made: r.now().UTC()}
	var err error
	if kind == "RSA" {
		k.Private, err = rsa.GenerateKey(rand.Reader, 3072)
	} else {
		k.Private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "grant.key", "a key cannot be made")
	}
	plain, err := x509.MarshalPKCS8PrivateKey(k.Private)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "grant.key", "a key cannot be written")
	}
	sealed, err := r.accounts.Seal("key/"+k.ID, plain)
	if err != nil {
		return nil, err
	}
	return k, r.engine.Update(ctx, func(tx store.Tx) error {
		return set(ctx, tx, keySpace, k.ID, keyRow{Kind: kind, Sealed: sealed, Made: k.Made}, k.Made.Add(KeyLife+keyServed))
	})
}

// Keys are all that are published, the newest first.
func (r *Registry) Keys(ctx context.Context) ([]*Key, error) {
	var all []*Key
	err := r.engine.View(ctx, func(v store.Reader) error {
		all = nil
		return each(ctx, v, keySpace, "", func(id string, _ []byte) error {
			var row keyRow
			if found, err := get(ctx, v, keySpace, id, &row); err != nil || !found {
				return err
			}
			plain, err := r.accounts.Unseal("key/"+id, row.Sealed)
			if err != nil {
				return err
			}
			key, err := x509.ParsePKCS8PrivateKey(plain)
			if err != nil {
				return fault.Wrap(err, fault.Internal, "grant.key", "a key cannot be read")
			}
			all = append(all, &Key{ID: id, Kind: row.Kind, Private: key.(crypto.Signer), Made: row.Made})
			return nil
		})
	})
	slices.SortFunc(all, func(a, b *Key) int {
		if n := b.Made.Compare(a.Made); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, err
}

package smart

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"concord/edge/transport"
	"concord/record/grant"
)

// Keys at an app's address are believed for a while; for a key that is not
// among them they are fetched anew, but not more often than that.
const (
	keysLife  = 5 * time.Minute
	keysAgain = 10 * time.Second
	mostKeys  = 64 << 10
)

// remote finds the keys of apps. An address was approved by an administrator;
// beyond that nothing but the address itself is asked, no redirect is
// followed, nothing within this network is asked unless that is set, and nothing of
// the answer is shown to anybody.
type remote struct {
	client *http.Client
	now    func() time.Time
	cache  *keyCache
}

type keyCache struct {
	mu   sync.Mutex
	sets map[string]fetched
}

type fetched struct {
	set jose.JSONWebKeySet
	at  time.Time
}

func newRemote(config *tls.Config, inside bool, now func() time.Time) remote {
	return remote{now: now, cache: &keyCache{sets: map[string]fetched{}}, client: &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{DialContext: transport.Outward(inside), TLSClientConfig: config, TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 16 << 10, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// of are the keys of an app; kid is the one that is looked for, "" = any.
func (r remote) of(ctx context.Context, app *grant.App, kid string) ([]jose.JSONWebKey, error) {
	if app.KeysURL == "" {
		var set jose.JSONWebKeySet
		err := json.Unmarshal(app.Keys, &set)
		return set.Keys, err
	}
	r.cache.mu.Lock()
	have, known := r.cache.sets[app.KeysURL]
	r.cache.mu.Unlock()
	age := r.now().Sub(have.at)
	if known && age < keysLife && (kid == "" || len(have.set.Key(kid)) > 0 || age < keysAgain) {
		return have.set.Keys, nil
	}
	set, err := r.fetch(ctx, app.KeysURL)
	if err != nil {
		return nil, err
	}
	r.cache.mu.Lock()
	defer r.cache.mu.Unlock()
	r.cache.sets[app.KeysURL] = fetched{set, r.now()}
	return set.Keys, nil
}

func (r remote) fetch(ctx context.Context, address string) (set jose.JSONWebKeySet, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return set, err
	}
	req.Header.Set("Accept", "application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return set, errors.New("the app's keys cannot be fetched")
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return set, errors.New("the app's keys are not there")
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, mostKeys))
	if err != nil {
		return set, errors.New("the app's keys cannot be read")
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return set, errors.New("the app's keys are no JWKS")
	}
	return set, nil
}

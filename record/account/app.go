package account

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"concord/fault"
	"concord/store"
)

// Codes of an authenticator app: https://www.rfc-editor.org/rfc/rfc6238 with
// what every app understands, six digits of SHA-1 each half minute.
const (
	appPeriod = 30 // seconds
	appSkew   = 1  // periods that a clock may be off to either side
	// enrolFor is how long an enrolment may take.
	enrolFor = 15 * time.Minute
)

type appRow struct {
	Key  []byte    `json:"key"` // sealed
	Made time.Time `json:"made"`
	Step int64     `json:"step"` // of the last code that was taken: none is taken twice
}

// AppKey is what an authenticator app is set up with.
type AppKey struct {
	Secret string // base32, to type
	URL    string // otpauth://, for a QR code
}

func appLabel(name string) string { return "app/" + name }

// StartApp begins adding an authenticator app: the key is kept sealed until a
// code proves that the app has it. Asked again within a quarter of an hour it
// gives the same key, so that a page can be loaded twice. Errors: Unsupported
// account.no-secret, Conflict account.outside, NotFound account.unknown.
func (r *Register) StartApp(ctx context.Context, name string) (*AppKey, error) {
	name = normal(name)
	a, err := r.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := ownFactors(a); err != nil {
		return nil, err
	}
	if k, err := r.startedApp(ctx, name); err != nil || k != nil {
		return k, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Concord", AccountName: name, Period: appPeriod, SecretSize: 20})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "account.app", "no key could be made")
	}
	sealed, err := r.seal(appLabel(name), []byte(key.URL()))
	if err != nil {
		return nil, err
	}
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, stepSpace, store.KeyValue{Key: appLabel(name), Value: sealed, Expires: r.now().Add(enrolFor)})
	})
	if err != nil {
		return nil, err
	}
	return &AppKey{Secret: key.Secret(), URL: key.URL()}, nil
}

func (r *Register) startedApp(ctx context.Context, name string) (k *AppKey, err error) {
	err = r.engine.View(ctx, func(v store.Reader) error {
		sealed, err := v.GetKey(ctx, stepSpace, appLabel(name))
		if err != nil || sealed == nil {
			return err
		}
		url, err := r.unseal(appLabel(name), sealed)
		if err != nil {
			return err
		}
		key, err := otp.NewKeyFromURL(string(url))
		if err != nil {
			return fault.Wrap(err, fault.Internal, "account.app", "a stored key cannot be read")
		}
		k = &AppKey{Secret: key.Secret(), URL: key.URL()}
		return nil
	})
	return k, err
}

// FinishApp adds the app when code is what it shows now. Errors: Invalid
// account.app-code, account.app-started when the enrolment took too long.
func (r *Register) FinishApp(ctx context.Context, name, code string) error {
	name = normal(name)
	k, err := r.startedApp(ctx, name)
	if err != nil {
		return err
	}
	if k == nil {
		return fault.New(fault.Invalid, "account.app-started", "this took too long: begin again").In("code")
	}
	step, ok := appStep(k.Secret, code, r.now(), 0)
	if !ok {
		return fault.New(fault.Invalid, "account.app-code", "that is not the code that the app shows now").In("code")
	}
	sealed, err := r.seal(appLabel(name), []byte(k.Secret))
	if err != nil {
		return err
	}
	return r.engine.Update(ctx, func(tx store.Tx) error {
		if err := tx.DeleteKey(ctx, stepSpace, appLabel(name)); err != nil {
			return err
		}
		f, err := getFactors(ctx, tx, name)
		if err != nil {
			return err
		}
		f.App = &appRow{Key: sealed, Made: r.now().UTC(), Step: step}
		return setFactors(ctx, tx, name, f)
	})
}

// appStep finds the period whose code this is, later than last. Every period
// in question is tried, so that the time taken tells nothing.
func appStep(secret, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	at := now.Unix() / appPeriod
	for n := at - appSkew; n <= at+appSkew; n++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(n), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && n > last {
			step, ok = n, true
		}
	}
	return step, ok
}

// useApp takes a code of the app; each only once.
func (r *Register) useApp(f *factorRow, name, code string) (bool, error) {
	if f.App == nil {
		return false, nil
	}
	secret, err := r.unseal(appLabel(name), f.App.Key)
	if err != nil {
		return false, err
	}
	step, ok := appStep(string(secret), code, r.now(), f.App.Step)
	if ok {
		f.App.Step = step
	}
	return ok, nil
}

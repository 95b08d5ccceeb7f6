package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"concord/fault"
	"concord/store"
)

// Passkeys: https://www.w3.org/TR/webauthn-3/. The browser signs for one
// domain and one origin, so that a false page gets nothing that opens ours.

// Place is where browsers reach the pages, as a passkey sees it: the domain
// and the full origin. Its zero means that passkeys cannot be used, as on a
// bare IP address or without TLS.
type Place struct {
	Domain string // "record.example"
	Origin string // "https://record.example"
}

func (p Place) relying() (*webauthn.WebAuthn, error) {
	if p.Domain == "" {
		return nil, fault.New(fault.Unsupported, "account.no-passkeys", "passkeys need a name and TLS")
	}
	w, err := webauthn.New(&webauthn.Config{RPID: p.Domain, RPDisplayName: "Concord", RPOrigins: []string{p.Origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "account.passkeys", "passkeys are not set up right")
	}
	return w, nil
}

// holder is an account as the library wants it.
type holder struct {
	account *Account
	factors *factorRow
}

// handle is the user handle: it tells nothing of the person, and the same name
// always has the same.
func handle(name string) []byte {
	sum := sha256.Sum256([]byte("concord passkey " + name))
	return sum[:]
}

func (h holder) WebAuthnID() []byte          { return handle(h.account.Name) }
func (h holder) WebAuthnName() string        { return h.account.Name }
func (h holder) WebAuthnDisplayName() string { return h.account.Display }
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	var out []webauthn.Credential
	for _, p := range h.factors.Passkeys {
		out = append(out, p.Credential)
	}
	return out
}

func (r *Register) holder(ctx context.Context, v store.Keys, name string) (h holder, err error) {
	if h.account, err = r.get(ctx, v, name); err == nil {
		h.factors, err = getFactors(ctx, v, name)
	}
	return h, err
}

// StartPasskey begins adding a passkey: a ticket, and the options that the
// browser's navigator.credentials.create takes. Errors: Unsupported
// account.no-passkeys, NotFound account.unknown, Conflict account.outside.
func (r *Register) StartPasskey(ctx context.Context, name string, at Place) (ticket string, options []byte, err error) {
	w, err := at.relying()
	if err != nil {
		return "", nil, err
	}
	var h holder
	err = r.engine.View(ctx, func(v store.Reader) (err error) {
		if h, err = r.holder(ctx, v, normal(name)); err == nil {
			err = ownFactors(h.account)
		}
		return err
	})
	if err != nil {
		return "", nil, err
	}
	made, session, err := w.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Internal, "account.passkey", "no passkey could be begun")
	}
	if options, err = json.Marshal(made); err != nil {
		return "", nil, fault.Wrap(err, fault.Internal, "account.passkey", "no passkey could be begun")
	}
	ticket = newSecret()
	return ticket, options, r.setStep(ctx, ticket, stepRow{Account: h.account.Name, Passkey: session, Enrol: true})
}

// FinishPasskey adds the passkey that the browser made; title is what its
// owner calls it. Errors: Unauthenticated account.step, Invalid
// account.passkey for an answer that does not prove itself.
func (r *Register) FinishPasskey(ctx context.Context, name, ticket, title string, answer []byte, at Place) error {
	name, title = normal(name), strings.TrimSpace(title)
	if title == "" || utf8.RuneCountInString(title) > 60 {
		title = "Passkey"
	}
	w, err := at.relying()
	if err != nil {
		return err
	}
	refused := func(err error) error {
		return fault.Wrap(err, fault.Invalid, "account.passkey", "the passkey was not accepted: try again").In("passkey")
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return refused(err)
	}
	return r.engine.Update(ctx, func(tx store.Tx) error {
		row, err := r.takeStep(ctx, tx, ticket)
		if err != nil {
			return err
		}
		if row.Passkey == nil || !row.Enrol || row.Account != name {
			return fault.New(fault.Unauthenticated, "account.step", "this took too long: begin again")
		}
		h, err := r.holder(ctx, tx, name)
		if err != nil {
			return err
		}
		c, err := w.CreateCredential(h, *row.Passkey, parsed)
		if err != nil {
			return refused(err)
		}
		now := r.now().UTC()
		h.factors.Passkeys = append(h.factors.Passkeys, passkeyRow{Name: title, Made: now, Used: now, Credential: *c})
		if err := tx.SetKey(ctx, handleSpace, store.KeyValue{Key: digest(string(handle(name))), Value: toJSON(name)}); err != nil {
			return err
		}
		return setFactors(ctx, tx, name, h.factors)
	})
}

// takeStep reads a step and uses it up: a challenge is answered once.
func (r *Register) takeStep(ctx context.Context, tx store.Tx, ticket string) (stepRow, error) {
	row, err := r.step(ctx, tx, ticket)
	if err != nil {
		return row, err
	}
	return row, tx.DeleteKey(ctx, stepSpace, digest(ticket))
}

// AskPasskey begins the proof by passkey: of a sign-in under way by its
// ticket, or of one that begins with it when ticket is "". It returns the
// ticket to answer under and the options that the browser's
// navigator.credentials.get takes. Errors: Unsupported account.no-passkeys,
// Unauthenticated account.step.
func (r *Register) AskPasskey(ctx context.Context, ticket string, at Place) (answerTo string, options []byte, err error) {
	w, err := at.relying()
	if err != nil {
		return "", nil, err
	}
	var row stepRow
	var asked *protocol.CredentialAssertion
	if ticket == "" {
		ticket = newSecret()
		asked, row.Passkey, err = w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	} else {
		var h holder
		err = r.engine.View(ctx, func(v store.Reader) (err error) {
			if row, err = r.step(ctx, v, ticket); err == nil {
				h, err = r.holder(ctx, v, row.Account)
			}
			return err
		})
		if err != nil {
			return "", nil, err
		}
		if !row.Asks.Passkey || len(h.WebAuthnCredentials()) == 0 {
			return "", nil, fault.New(fault.Unauthenticated, "account.step", "there is no passkey to show")
		}
		asked, row.Passkey, err = w.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	}
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Internal, "account.passkey", "no passkey could be asked for")
	}
	if options, err = json.Marshal(asked); err != nil {
		return "", nil, fault.Wrap(err, fault.Internal, "account.passkey", "no passkey could be asked for")
	}
	return ticket, options, r.setStep(ctx, ticket, row)
}

// GivePasskey ends a sign-in by what a passkey signed. A challenge is answered
// once. Errors: Unauthenticated account.step, account.second-factor; those of
// the note.
func (r *Register) GivePasskey(ctx context.Context, ticket string, answer []byte, from Place, at Attempt) (*Step, error) {
	known, err := r.provePasskey(ctx, ticket, answer, from, at)
	if err != nil {
		return nil, err
	}
	return r.finish(ctx, known, "", at, proof{level: 2})
}

// provePasskey finds whose passkey answered a challenge; every outcome is
// noted.
func (r *Register) provePasskey(ctx context.Context, ticket string, answer []byte, from Place, at Attempt) (*Account, error) {
	w, err := from.relying()
	if err != nil {
		return nil, err
	}
	var known *Account
	var failure error
	err = r.engine.Update(ctx, func(tx store.Tx) error {
		known, failure = nil, nil
		row, err := r.takeStep(ctx, tx, ticket)
		if err != nil {
			return err
		}
		if row.Passkey == nil || row.Enrol {
			return fault.New(fault.Unauthenticated, "account.step", "this sign-in took too long: begin again")
		}
		known, failure, err = r.shown(ctx, tx, w, row, answer)
		return err
	})
	if err != nil {
		return nil, err
	}
	if failure != nil && known != nil {
		if err := r.fail(ctx, known.Name, at); err != nil {
			return nil, err
		}
	}
	if err := at.Note(ctx, known, failure); err != nil {
		return nil, err
	}
	return known, failure
}

// shown checks what a passkey signed and notes its use. failure is a proof
// that does not hold; err is a store that does not answer.
func (r *Register) shown(ctx context.Context, tx store.Tx, w *webauthn.WebAuthn, row stepRow, answer []byte) (known *Account, failure, err error) {
	refused := func(cause error) error {
		return fault.Wrap(cause, fault.Unauthenticated, "account.second-factor", "the passkey was not accepted: try again")
	}
	parsed, cause := protocol.ParseCredentialRequestResponseBytes(answer)
	if cause != nil {
		return nil, refused(cause), nil
	}
	name := row.Account
	if name == "" {
		value, err := tx.GetKey(ctx, handleSpace, digest(string(parsed.Response.UserHandle)))
		if err != nil {
			return nil, nil, err
		}
		if value == nil {
			return nil, refused(nil), nil
		}
		if err := fromJSON(value, &name); err != nil {
			return nil, nil, err
		}
	}
	h, err := r.holder(ctx, tx, name)
	if err != nil {
		return nil, nil, err
	}
	var c *webauthn.Credential
	if row.Account == "" {
		c, cause = w.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return h, nil }, *row.Passkey, parsed)
	} else {
		c, cause = w.ValidateLogin(h, *row.Passkey, parsed)
	}
	if cause != nil || h.account.Disabled || h.account.Provider != "" || c.Authenticator.CloneWarning {
		// A counter that goes back is a copied passkey: it opens nothing.
		return h.account, refused(cause), nil
	}
	for n := range h.factors.Passkeys {
		if p := &h.factors.Passkeys[n]; bytes.Equal(p.Credential.ID, c.ID) {
			p.Credential, p.Used = *c, r.now().UTC()
		}
	}
	return h.account, nil, setFactors(ctx, tx, name, h.factors)
}

package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"

	"concord/fault"
)

// Some secrets must be read again: the key of an authenticator app, a form
// that waits behind the lock. They lie in the store under a key made of the
// installation's secret, so that the database alone gives nothing away.

// newSeal is AES-256-GCM under a key derived from the installation's secret
// (https://www.rfc-editor.org/rfc/rfc5869), or nil without a secret.
func newSeal(secret []byte) cipher.AEAD {
	if len(secret) == 0 {
		return nil
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "concord account seal 1", 32)
	if err != nil {
		panic(err) // only an impossible length fails
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// seal closes text; label binds it to where it lies. Errors: Unsupported
// account.no-secret on a register without the installation's secret.
func (r *Register) seal(label string, plain []byte) ([]byte, error) {
	if r.aead == nil {
		return nil, fault.New(fault.Unsupported, "account.no-secret", "this installation keeps no secret to seal with")
	}
	nonce := make([]byte, r.aead.NonceSize())
	rand.Read(nonce)
	return r.aead.Seal(nonce, nonce, plain, []byte(label)), nil
}

// unseal opens what seal closed under the same label. Errors: Unsupported
// account.no-secret, Internal account.seal for what was altered or sealed
// under another secret.
func (r *Register) unseal(label string, closed []byte) ([]byte, error) {
	if r.aead == nil {
		return nil, fault.New(fault.Unsupported, "account.no-secret", "this installation keeps no secret to seal with")
	}
	n := r.aead.NonceSize()
	if len(closed) < n {
		return nil, fault.New(fault.Internal, "account.seal", "a sealed value is cut short")
	}
	plain, err := r.aead.Open(nil, closed[:n], closed[n:], []byte(label))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "account.seal", "a sealed value does not open with this installation's secret")
	}
	return plain, nil
}

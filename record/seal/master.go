package seal

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"concord/fault"
)

// Masters are the master keys of a file, the newest first.
type Masters struct {
	names []string
	by    map[string]cipher.AEAD
}

const keySize = 32

var masterName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ParseMasters reads a key file: a line for each key, its name and 32 bytes in
// base64, the newest first; lines that begin with # are notes. Errors: Invalid
// "seal.file", which never quotes the file.
func ParseMasters(text []byte) (*Masters, error) {
	m := &Masters{by: map[string]cipher.AEAD{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, key, _ := strings.Cut(line, " ")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
		if !masterName.MatchString(name) || err != nil || len(raw) != keySize {
			return nil, fault.New(fault.Invalid, "seal.file", "line %d of the key file is not a name and %d bytes in base64", n, keySize)
		}
		if m.by[name] != nil {
			return nil, fault.New(fault.Invalid, "seal.file", "line %d of the key file names a key a second time", n)
		}
		m.names, m.by[name] = append(m.names, name), aead(raw)
	}
	if err := lines.Err(); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "seal.file", "the key file cannot be read")
	}
	if len(m.names) == 0 {
		return nil, fault.New(fault.Invalid, "seal.file", "the key file holds no key")
	}
	return m, nil
}

// NewMaster is the line of a new master key.
func NewMaster(name string) (string, error) {
	if !masterName.MatchString(name) {
		return "", fault.New(fault.Invalid, "seal.name", "a key's name is up to 64 letters, digits, dots, hyphens and underscores")
	}
	return fmt.Sprintf("%s %s\n", name, base64.StdEncoding.EncodeToString(random(keySize))), nil
}

// aead is AES-256-GCM under a key of 32 bytes.
func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only another length fails
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// wrap seals a data key under the newest master key; label binds it to the
// number and the organisation that it is for.
func (m *Masters) wrap(key []byte, label string) (master string, wrapped []byte) {
	master = m.names[0]
	nonce := random(m.by[master].NonceSize())
	return master, m.by[master].Seal(nonce, nonce, key, []byte(label))
}

// unwrap opens a data key. Errors: Conflict "seal.key-missing" when the file
// does not hold its master key, Internal "seal.wrapped" when that is another
// than the one that wrapped it, or the row was altered.
func (m *Masters) unwrap(master string, wrapped []byte, label string) ([]byte, error) {
	if m == nil || m.by[master] == nil {
		return nil, fault.New(fault.Conflict, "seal.key-missing", "bodies of this store are sealed under master key %s, which the key file does not hold", master)
	}
	n := m.by[master].NonceSize()
	if len(wrapped) < n {
		return nil, fault.New(fault.Internal, "seal.wrapped", "a data key is cut short")
	}
	key, err := m.by[master].Open(nil, wrapped[:n], wrapped[n:], []byte(label))
	if err != nil || len(key) != keySize {
		return nil, fault.New(fault.Conflict, "seal.key-missing", "the key file's master key %s is not the one that sealed this store, or a data key was altered", master)
	}
	return key, nil
}

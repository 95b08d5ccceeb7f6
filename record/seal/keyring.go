package seal

import (
	"context"
	"crypto/cipher"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"concord/fault"
	"concord/store"
)

const (
	keySpace = "data-key"
	mostKeys = 1<<16 - 1

	formSealed, formVersion = 3, 1
	headerSize              = 4
)

// row is a data key as it rests; its number is the key of the row.
type row struct {
	Org     string    `json:"org"`
	Master  string    `json:"master"`
	Wrapped []byte    `json:"wrapped"`
	Made    time.Time `json:"made"`
}

// DataKey is what may be told of a data key.
type DataKey struct {
	Number  int
	Org     string // ODS code
	Master  string // name of the master key that wraps it
	Made    time.Time
	Current bool // new bodies of the organisation are sealed under it
}

// Keyring seals and opens bodies. It may be used by several goroutines.
type Keyring struct {
	engine  store.Engine
	masters *Masters

	mu      sync.RWMutex
	keys    map[uint16]cipher.AEAD
	orgs    map[uint16]string // whose key it is
	current map[string]uint16 // by organisation
	told    []DataKey
	count   int64 // of changes, as this was read
}

// Open reads the data keys of a store. masters nil = nothing is sealed; then,
// and whenever a master key is missing, a store that holds data keys does not
// open. Errors: Conflict "seal.key-missing".
func Open(ctx context.Context, engine store.Engine, masters *Masters) (*Keyring, error) {
	k := &Keyring{engine: engine, masters: masters}
	return k, engine.View(ctx, func(r store.Reader) error { return k.read(ctx, r) })
}

// Seals tells whether new bodies are sealed.
func (k *Keyring) Seals() bool { return k != nil && k.masters != nil }

func label(number int, org string) string {
	return fmt.Sprintf("concord data key %d of %s", number, org)
}

// read makes what is known that of the store. What was dropped is still known,
// for those who read what was.
func (k *Keyring) read(ctx context.Context, r store.Reader) error {
	count, err := readCount(ctx, r)
	if err != nil {
		return err
	}
	rows, err := r.ListKeys(ctx, keySpace, "", mostKeys)
	if err != nil {
		return err
	}
	keys, orgs, current, told := map[uint16]cipher.AEAD{}, map[uint16]string{}, map[string]uint16{}, []DataKey(nil)
	for _, kv := range rows {
		number, one, err := parse(kv)
		if err != nil {
			return err
		}
		plain, err := k.masters.unwrap(one.Master, one.Wrapped, label(number, one.Org))
		if err != nil {
			return err
		}
		keys[uint16(number)], orgs[uint16(number)], current[one.Org] = aead(plain), one.Org, uint16(number)
		told = append(told, DataKey{Number: number, Org: one.Org, Master: one.Master, Made: one.Made})
	}
	for i := range told {
		told[i].Current = current[told[i].Org] == uint16(told[i].Number)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for number, key := range k.keys {
		if keys[number] == nil {
			keys[number], orgs[number] = key, k.orgs[number]
		}
	}
	k.keys, k.orgs, k.current, k.told, k.count = keys, orgs, current, told, count
	return nil
}

func parse(kv store.KeyValue) (number int, one row, err error) {
	if _, err = fmt.Sscanf(kv.Key, "%05d", &number); err == nil {
		err = json.Unmarshal(kv.Value, &one)
	}
	if err != nil || number < 1 || number > mostKeys {
		return 0, one, fault.New(fault.Internal, "seal.wrapped", "the row of data key %q cannot be read", kv.Key)
	}
	return number, one, nil
}

// Seal encrypts a packed body for an organisation; a body stays as it is when
// nothing is sealed. The organisation's first body makes its first key, in a
// commit of its own.
func (k *Keyring) Seal(ctx context.Context, org string, packed []byte) ([]byte, error) {
	if !k.Seals() {
		return packed, nil
	}
	if !k.has(org) {
		if err := k.make(ctx, org, false); err != nil {
			return nil, err
		}
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.under(k.current[org], packed), nil
}

// under seals a packed body under a key; the caller holds the lock.
func (k *Keyring) under(number uint16, packed []byte) []byte {
	key := k.keys[number]
	out := make([]byte, headerSize, headerSize+key.NonceSize()+len(packed)+key.Overhead())
	out[0], out[1] = formSealed, formVersion
	binary.BigEndian.PutUint16(out[2:], number)
	out = append(out, random(key.NonceSize())...)
	return key.Seal(out, out[headerSize:], packed, out[:headerSize])
}

// Open gives back the packed body; one that is not sealed is given as it is.
// Errors: Internal "seal.body" when it was altered, "seal.key" when its key is
// not in the store.
func (k *Keyring) Open(body []byte) ([]byte, error) {
	if len(body) < headerSize || body[0] != formSealed {
		return body, nil
	}
	if k == nil {
		return nil, fault.New(fault.Conflict, "seal.key-missing", "a body is sealed, and there is no key file")
	}
	if body[1] != formVersion {
		return nil, fault.New(fault.Internal, "seal.body", "a body is sealed in form %d, which this program does not know", body[1])
	}
	number := binary.BigEndian.Uint16(body[2:])
	key := k.key(number)
	if key == nil { // another process has made it since
		if err := k.again(); err != nil {
			return nil, err
		}
		if key = k.key(number); key == nil {
			return nil, fault.New(fault.Internal, "seal.key", "a body is sealed under data key %d, which the store does not hold", number)
		}
	}
	rest := body[headerSize:]
	if len(rest) < key.NonceSize() {
		return nil, fault.New(fault.Internal, "seal.body", "a sealed body is cut short")
	}
	packed, err := key.Open(nil, rest[:key.NonceSize()], rest[key.NonceSize():], body[:headerSize])
	if err != nil {
		return nil, fault.New(fault.Internal, "seal.body", "a sealed body was altered")
	}
	return packed, nil
}

// again reads the data keys once more.
func (k *Keyring) again() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return k.engine.View(ctx, func(r store.Reader) error { return k.read(ctx, r) })
}

func (k *Keyring) has(org string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	_, known := k.current[org]
	return known
}

func (k *Keyring) key(number uint16) cipher.AEAD {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[number]
}

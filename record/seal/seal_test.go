package seal_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/record/seal"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

func line(t testing.TB, name string) string {
	t.Helper()
	text, err := seal.NewMaster(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func masters(t testing.TB, text string) *seal.Masters {
	t.Helper()
	m, err := seal.ParseMasters([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t testing.TB, engine store.Engine, m *seal.Masters) *seal.Keyring {
	t.Helper()
	k, err := seal.Open(t.Context(), engine, m)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func embedded(t testing.TB) store.Engine {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return engine
}

func sealed(t testing.TB, k *seal.Keyring, org string, body []byte) []byte {
	t.Helper()
	out, err := k.Seal(context.Background(), org, body)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func code(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

var body = []byte("\x01\x00\x00\x42a body with a diagnosis in it")

// TestSealed: what is sealed comes back, shows nothing of its text, and any
// altered byte is noticed; each organisation has a key of its own.
func TestSealed(t *testing.T) {
	engine := embedded(t)
	k := open(t, engine, masters(t, line(t, "one")))
	a, b, again := sealed(t, k, "R1K", body), sealed(t, k, "RAS", body), sealed(t, k, "R1K", body)
	if bytes.Contains(a, []byte("diagnosis")) || bytes.Equal(a, again) || bytes.Equal(a[:4], b[:4]) {
		t.Errorf("sealed as %q, %q and %q", a, again, b)
	}
	for _, s := range [][]byte{a, b, again} {
		if got, err := k.Open(s); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("opened as %q: %v", got, err)
		}
	}
	if got, err := k.Open(body); err != nil || !bytes.Equal(got, body) {
		t.Errorf("what was never sealed opens as %q: %v", got, err)
	}
	for i := 1; i < len(a); i++ { // byte 0 tells that it is sealed at all; the codec knows no such form
		for _, bit := range []byte{1, 0x80} {
			bad := bytes.Clone(a)
			bad[i] ^= bit
			if got, err := k.Open(bad); err == nil {
				t.Fatalf("byte %d altered: %q", i, got)
			}
		}
	}
	for n := range len(a) {
		if got, err := k.Open(a[:n]); n >= 4 && err == nil {
			t.Fatalf("cut to %d bytes: %q", n, got)
		}
	}
}

// TestLostKeys: a store with sealed bodies does not open without the key that
// wraps their keys, nor with another of the same name.
func TestLostKeys(t *testing.T) {
	engine := embedded(t)
	first := line(t, "one")
	s := sealed(t, open(t, engine, masters(t, first)), "R1K", body)
	for what, m := range map[string]*seal.Masters{"no file": nil, "another key": masters(t, line(t, "two")), "a key of the same name": masters(t, line(t, "one"))} {
		if _, err := seal.Open(t.Context(), engine, m); code(err) != "seal.key-missing" || !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got, err := open(t, engine, masters(t, line(t, "two")+first)).Open(s); err != nil || !bytes.Equal(got, body) {
		t.Errorf("with the old key behind a new one: %q %v", got, err)
	}
	var none *seal.Keyring
	if _, err := none.Open(s); code(err) != "seal.key-missing" {
		t.Errorf("without a keyring: %v", err)
	}
	if out, err := open(t, embedded(t), nil).Seal(t.Context(), "R1K", body); err != nil || !bytes.Equal(out, body) {
		t.Errorf("a store that seals nothing: %q %v", out, err)
	}
}

// TestRotation: new data keys and new master keys leave what was sealed
// readable; after rewrapping, the old master key is not needed any more.
func TestRotation(t *testing.T) {
	engine := embedded(t)
	one := line(t, "one")
	k := open(t, engine, masters(t, one))
	var all [][]byte
	for range 3 {
		all = append(all, sealed(t, k, "R1K", body), sealed(t, k, "RAS", body))
		if err := k.Rotate(t.Context(), "R1K"); err != nil {
			t.Fatal(err)
		}
	}
	two := line(t, "two")
	k = open(t, engine, masters(t, two+one))
	all = append(all, sealed(t, k, "R1K", body))
	if n, err := k.Rewrap(t.Context()); err != nil || n != 5 {
		t.Fatalf("%d wrapped anew: %v", n, err)
	}
	k = open(t, engine, masters(t, two))
	numbers := map[string]bool{}
	for _, s := range all {
		numbers[string(s[:4])] = true
		if got, err := k.Open(s); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("%q %v", got, err)
		}
	}
	if len(numbers) != 5 { // four of R1K, one of RAS
		t.Errorf("%d keys were used", len(numbers))
	}
	current := 0
	for _, key := range k.Keys() {
		if key.Master != "two" {
			t.Errorf("%+v", key)
		}
		if key.Current {
			current++
		}
	}
	if current != 2 {
		t.Errorf("%d current keys", current)
	}
	if _, err := seal.Open(t.Context(), engine, masters(t, one)); code(err) != "seal.key-missing" {
		t.Errorf("the old master key alone: %v", err)
	}
}

// TestProcessesTogether: several processes that begin at the same moment on
// one database make one key for each organisation, and read each other's.
func TestProcessesTogether(t *testing.T) {
	if pgtest.Binaries() == "" {
		t.Skip("NO POSTGRESQL: sealing is not tried on it (make tools)")
	}
	dsn := pgtest.Start(t, pgtest.Options{NoSync: true}).DSN()
	m := masters(t, line(t, "one"))
	var rings []*seal.Keyring
	for range 3 {
		engine, err := postgres.Open(t.Context(), dsn, postgres.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { engine.Close() })
		rings = append(rings, open(t, engine, m))
	}
	var mu sync.Mutex
	var all [][]byte
	var wg sync.WaitGroup
	for _, k := range rings {
		for i := range 4 {
			wg.Go(func() {
				s, err := k.Seal(context.Background(), fmt.Sprintf("R%d", i), body)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				all = append(all, s)
			})
		}
	}
	wg.Wait()
	var numbers []string
	for _, s := range all {
		numbers = append(numbers, string(s[2:4]))
		for _, k := range rings {
			if got, err := k.Open(s); err != nil || !bytes.Equal(got, body) {
				t.Errorf("%q %v", got, err)
			}
		}
	}
	slices.Sort(numbers)
	if n := len(slices.Compact(numbers)); n != 4 {
		t.Errorf("%d keys for 4 organisations", n)
	}
}

func TestKeyFile(t *testing.T) {
	good := line(t, "2026-11")
	key := strings.Fields(good)[1]
	if _, err := seal.ParseMasters([]byte("# kept in the safe\n\n" + good + line(t, "2025-11"))); err != nil {
		t.Error(err)
	}
	for what, text := range map[string]string{
		"nothing": "", "notes alone": "# x\n", "no key": "one\n", "no name": key + "\n", "a short key": "one " + base64.StdEncoding.EncodeToString(make([]byte, 31)) + "\n",
		"not base64": "one " + strings.Repeat("!", 44), "twice": good + good, "a path": "../x " + key, "a long line": strings.Repeat("x", 1<<17),
	} {
		_, err := seal.ParseMasters([]byte(text))
		if code(err) != "seal.file" || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := seal.NewMaster("a b"); code(err) != "seal.name" {
		t.Errorf("a name of two words: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	k := open(f, embedded(f), masters(f, line(f, "one")))
	f.Add(sealed(f, k, "R1K", body))
	f.Add(body)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := k.Open(b)
		if err == nil && len(b) >= 4 && b[0] == 3 && !bytes.Equal(got, body) {
			t.Fatalf("%q opens as %q", b, got)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k := open(b, embedded(b), masters(b, line(b, "one")))
	text := bytes.Repeat([]byte("0123456789abcdef"), 30) // a packed body
	s := sealed(b, k, "R1K", text)
	b.Run("seal", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			k.Seal(context.Background(), "R1K", text)
		}
	})
	b.Run("open", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			k.Open(s)
		}
	})
}

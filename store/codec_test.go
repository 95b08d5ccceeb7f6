package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"concord/fault"
	"concord/store"
)

// observation is a made-up resource, like the ones that dictionaries are
// trained on.
func observation(i int) []byte {
	return fmt.Appendf(nil, `{"resourceType":"Observation","id":"o%d","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://snomed.info/sct","code":"%d"}]},"subject":{"reference":"Patient/p%d"},"valueQuantity":{"value":%d.50,"unit":"mmol/L"}}`, i, i*7919, i%10, i)
}

// train makes a dictionary of made-up resources.
func train(t testing.TB, number byte) []byte {
	t.Helper()
	var samples [][]byte
	var history []byte
	for i := range 100 {
		samples = append(samples, observation(int(number)*1000+i))
		history = append(history, samples[i]...)
	}
	d, err := zstd.BuildDict(zstd.BuildDictOptions{ID: uint32(number), Contents: samples, History: history[len(history)-4096:], Offsets: [3]int{1, 4, 8}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newCodec(t testing.TB, newest byte, numbers ...byte) *store.Codec {
	t.Helper()
	all := map[byte][]byte{}
	for _, n := range numbers {
		all[n] = train(t, n)
	}
	c, err := store.NewCodec(all, newest, store.Fast)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCodecRoundTrip(t *testing.T) {
	c := newCodec(t, 1, 1)
	check := func(body []byte) {
		packed := c.Pack(body)
		if len(packed) > len(body)+4 {
			t.Errorf("%d bytes became %d", len(body), len(packed))
		}
		if store.MarkOf(packed) != 0 {
			t.Errorf("marked by itself: %d", store.MarkOf(packed))
		}
		mark := byte(len(body) % 16)
		store.Mark(packed, 15)
		store.Mark(packed, mark)
		if store.MarkOf(packed) != mark {
			t.Errorf("marked %d, it says %d", mark, store.MarkOf(packed))
		}
		back, err := c.Unpack(packed)
		if err != nil || !bytes.Equal(back, body) {
			t.Fatalf("%d bytes came back as %d: %v", len(body), len(back), err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) { check(rapid.SliceOf(rapid.Byte()).Draw(rt, "body")) })
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 63, 64, 65, 1 << 17, 3 << 20} {
		noise := make([]byte, n)
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		check(noise)
		// What packs to more than half needs more room than was made for it.
		var mixed []byte
		for piece := range slices.Chunk(noise, 10) {
			mixed = append(append(mixed, piece...), "urn:oid:"...)
		}
		check(mixed)
		check(bytes.Repeat([]byte("a"), n))
		check([]byte(strings.Repeat(string(observation(n)), n/300+1)))
	}
	body := observation(5)
	if packed := c.Pack(body); len(packed)*3 > len(body) {
		t.Errorf("the dictionary does not help: %d bytes became %d", len(body), len(packed))
	}
}

// TestCodecHeader: a body names its format, key and dictionary, so that old
// bodies stay readable when a dictionary is added and a missing one is told.
func TestCodecHeader(t *testing.T) {
	old, both := newCodec(t, 1, 1), newCodec(t, 2, 1, 2)
	body := observation(77)
	packed := old.Pack(body)
	if packed[1] != 0 || packed[2] != 1 {
		t.Errorf("header % x", packed[:4])
	}
	if back, err := both.Unpack(packed); err != nil || !bytes.Equal(back, body) {
		t.Errorf("a body of the old dictionary: %v", err)
	}
	newer := both.Pack(body)
	if newer[2] != 2 {
		t.Errorf("header % x", newer[:4])
	}
	if _, err := old.Unpack(newer); fault.Of(err) == nil || fault.Of(err).Code != "store.body" {
		t.Errorf("a dictionary that is not there: %v", err)
	}
	if _, err := store.NewCodec(map[byte][]byte{1: train(t, 1)}, 2, store.Fast); !fault.Is(err, fault.Internal) {
		t.Errorf("the newest dictionary is missing: %v", err)
	}
	for name, c := range map[string]struct {
		change func([]byte) []byte
		code   string
	}{
		"short":           {func(b []byte) []byte { return b[:3] }, "store.body"},
		"encrypted":       {func(b []byte) []byte { b[1] = 9; return b }, "store.key"},
		"unknown format":  {func(b []byte) []byte { b[0] = 9; return b }, "store.body"},
		"wrong checksum":  {func(b []byte) []byte { b[3]++; return b }, "store.body"},
		"cut":             {func(b []byte) []byte { return b[:len(b)-5] }, "store.body"},
		"taken for plain": {func(b []byte) []byte { b[0], b[3] = 1, b[3]+1; return b }, "store.body"},
	} {
		if _, err := old.Unpack(c.change(bytes.Clone(packed))); fault.Of(err) == nil || fault.Of(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCodecFormer: bodies that were stored with whole frames are read as before,
// and those of either effort by both.
func TestCodecFormer(t *testing.T) {
	dict := train(t, 1)
	former, err := zstd.NewWriter(nil, zstd.WithEncoderDict(dict), zstd.WithEncoderCRC(false))
	if err != nil {
		t.Fatal(err)
	}
	fast, small := newCodec(t, 1, 1), func() *store.Codec {
		c, err := store.NewCodec(map[byte][]byte{1: dict}, 1, store.Small)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}()
	sizes := map[string]int{}
	for i := range 50 {
		body := append(observation(i), observation(i*31)...)
		now := fast.Pack(body)
		was := append([]byte{2, 0, 1, now[3]}, former.EncodeAll(body, nil)...)
		for name, packed := range map[string][]byte{"former": was, "fast": now, "small": small.Pack(body)} {
			sizes[name] += len(packed)
			for _, c := range []*store.Codec{fast, small} {
				if back, err := c.Unpack(packed); err != nil || !bytes.Equal(back, body) {
					t.Fatalf("%s, body %d: %v", name, i, err)
				}
			}
		}
	}
	if sizes["small"] > sizes["fast"] || sizes["fast"] > sizes["former"] {
		t.Errorf("sizes %v", sizes)
	}
}

func TestCodecTogether(t *testing.T) {
	c := newCodec(t, 1, 1)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				body := observation(g*1000 + i)
				if back, err := c.Unpack(c.Pack(body)); err != nil || !bytes.Equal(back, body) {
					t.Errorf("body %d of %d: %v", i, g, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// FuzzUnpack: damaged bodies are errors, never a panic.
func FuzzUnpack(f *testing.F) {
	c := newCodec(f, 1, 1)
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0})
	f.Add(c.Pack([]byte("short")))
	f.Add(c.Pack(observation(3)))
	f.Add(append(c.Pack(observation(3))[:40], 0xff, 0xff))
	f.Fuzz(func(t *testing.T, packed []byte) {
		plain, err := c.Unpack(packed)
		if err != nil {
			if fault.Of(err).Code == "internal" {
				t.Fatalf("not a fault of the store: %v", err)
			}
			return
		}
		if back, err := c.Unpack(c.Pack(plain)); err != nil || !bytes.Equal(back, plain) {
			t.Fatalf("unpacked %d bytes do not pack again: %v", len(plain), err)
		}
	})
}

// FuzzPack: whatever is packed comes back.
func FuzzPack(f *testing.F) {
	c := newCodec(f, 2, 1, 2)
	f.Add([]byte(nil))
	f.Add(observation(1))
	f.Fuzz(func(t *testing.T, body []byte) {
		if back, err := c.Unpack(c.Pack(body)); err != nil || !bytes.Equal(back, body) {
			t.Fatalf("%d bytes came back as %d: %v", len(body), len(back), err)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	c := newCodec(b, 1, 1)
	body := observation(100_000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		c.Pack(body)
	}
}

func BenchmarkUnpack(b *testing.B) {
	c := newCodec(b, 1, 1)
	packed := c.Pack(observation(100_000))
	for b.Loop() {
		if _, err := c.Unpack(packed); err != nil {
			b.Fatal(err)
		}
	}
}

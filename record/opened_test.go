package record

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/store"
	"concord/store/dictionary"
)

func openedDesk(t *testing.T, most int) *Desk {
	t.Helper()
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{codec: codec}
	if d.bodies, err = newOpenedBodies(most); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenedIsWhatLies: what is remembered of a body is what lies in the store,
// also where another text lies under the same key and version than before (a
// transaction that looked at what it wrote came to nothing), and a body that
// was altered is an error although it was read before.
func TestOpenedIsWhatLies(t *testing.T) {
	d := openedDesk(t, openedBytes)
	draw := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		key := store.Key{PK: draw.Int64N(3), LID: store.MakeLID(1, uint32(1+draw.IntN(3)))}
		text := fmt.Sprintf(`{"resourceType":"Basic","code":{"text":"%d"}}`, draw.IntN(4))
		doc := &store.Doc{Key: key, Version: 1 + draw.Int64N(3), Body: d.codec.Pack([]byte(text))}
		b, err := d.opened(doc)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := b.text.Only(nil); err != nil || string(v.JSON()) != text {
			t.Fatalf("%s in place of %s: %v", v.JSON(), text, err)
		}
	}
	doc := &store.Doc{Key: store.Key{PK: 9, LID: store.MakeLID(1, 1)}, Version: 1, Body: d.codec.Pack([]byte(`{"resourceType":"Basic","code":{"text":"` + strings.Repeat("long ", 40) + `"}}`))}
	if _, err := d.opened(doc); err != nil {
		t.Fatal(err)
	}
	doc.Body[3] ^= 1
	if _, err := d.opened(doc); err == nil {
		t.Error("an altered body was answered from memory")
	}
}

// TestOpenedIsBounded: however much is read, what is remembered stays below the
// bound, by the most that each body can take when all of it was parsed.
func TestOpenedIsBounded(t *testing.T) {
	const most = 1 << 20
	d := openedDesk(t, most)
	for i := range 3000 {
		text := fmt.Sprintf(`{"resourceType":"Basic","code":{"text":"%d%s"}}`, i, strings.Repeat("x", i%2000))
		doc := &store.Doc{Key: store.Key{PK: int64(i), LID: store.MakeLID(1, 1)}, Version: 1, Body: d.codec.Pack([]byte(text))}
		if _, err := d.opened(doc); err != nil {
			t.Fatal(err)
		}
		b, err := d.opened(doc) // the second time what is parsed is kept
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.text.Only(nil); err != nil {
			t.Fatal(err)
		}
	}
	d.bodies.kept.CleanUp()
	total, n := 0, 0
	for _, b := range d.bodies.kept.All() {
		total, n = total+b.weight, n+1
	}
	if total > most || n == 0 {
		t.Errorf("%d bytes of %d bodies, at most %d", total, n, most)
	}
	large, err := fhir.Parse([]byte(`{"resourceType":"Binary","data":"` + strings.Repeat("A", openedMost) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	doc := &store.Doc{Key: store.Key{PK: 5000, LID: store.MakeLID(1, 1)}, Version: 1, Body: d.codec.Pack(large.JSON())}
	if _, err := d.opened(doc); err != nil {
		t.Fatal(err)
	}
	if _, kept := d.bodies.kept.GetIfPresent(store.VersionKey{Key: doc.Key, Version: 1}); kept {
		t.Error("what is too large is remembered")
	}
}

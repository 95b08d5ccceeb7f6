package store

import (
	"slices"
	"testing"
)

// FuzzPackedVersions: whatever bytes a damaged row holds, no panic; what can
// be read and is in range packs to a row that reads the same.
func FuzzPackedVersions(f *testing.F) {
	var p PackedVersions
	p.Add(Key{PK: 7, LID: MakeLID(3, 9)}, 1, false)
	p.Add(Key{PK: 2, LID: MakeLID(1, 1<<20)}, 300, true)
	f.Add(p.Bytes)
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, packed []byte) {
		type version struct {
			k       Key
			ver     int64
			deleted bool
		}
		read := func(b []byte) (out []version, err error) {
			err = UnpackVersions(b, func(k Key, ver int64, deleted bool) { out = append(out, version{k, ver, deleted}) })
			return out, err
		}
		first, err := read(packed)
		if err != nil {
			return
		}
		var p PackedVersions
		for _, v := range first {
			p.Add(v.k, v.ver, v.deleted)
		}
		if again, err := read(p.Bytes); err != nil || !slices.Equal(first, again) {
			t.Errorf("%v, then %v, %v", first, again, err)
		}
	})
}

package store

import (
	"hash/crc32"

	"github.com/klauspost/compress/zstd"

	"concord/fault"
)

// Codec packs bodies. A packed body is a header of four bytes and the rest:
// byte 0 format (1 = plain, 2 = zstd frame, 4 = zstd frame without what the
// header says already, see frame.go) and, in its upper half, a mark of the
// caller's (0…15), byte 1 the key that encrypts it (0 = none), byte 2 the
// dictionary (0 = none), byte 3 a checksum of the plain text. Keys and
// dictionaries are named in each body so that new ones can come without rewriting
// the old.
type Codec struct {
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	dict byte             // the dictionary used for new bodies
	ids  map[byte][4]byte // the ids of dictionaries, as a frame has them
}

const (
	formatPlain = 1
	formatZstd  = 2
	formatBare  = 4 // 3 is a sealed body, record/seal
	headerSize  = 4
	markShift   = 4 // above the format
)

// Effort is how much time packing may take. Unpacking takes the same.
type Effort int

const (
	// Fast takes about 25 µs for a resource.
	Fast Effort = iota
	// Small takes about four times as long, and 7 % less room.
	Small
)

func (e Effort) level() zstd.EncoderLevel {
	if e == Small {
		return zstd.SpeedBetterCompression
	}
	return zstd.SpeedFastest
}

// NewCodec makes a codec of dictionaries by number (1…255), each in
// the format that training makes; newest is the one for new bodies.
func NewCodec(dictionaries map[byte][]byte, newest byte, effort Effort) (*Codec, error) {
	c := &Codec{dict: newest, ids: map[byte][4]byte{}}
	dopts := []zstd.DOption{zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1 << 30)}
	for n, raw := range dictionaries {
		dopts = append(dopts, zstd.WithDecoderDicts(raw))
		if len(raw) < 8 {
			return nil, fault.New(fault.Internal, "store.dictionary", "dictionary %d cannot be used", n)
		}
		c.ids[n] = [4]byte(raw[4:8]) // https://www.rfc-editor.org/rfc/rfc8878#section-5
		if n != newest {
			continue
		}
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(effort.level()), zstd.WithEncoderDict(raw),
			zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<17), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "store.dictionary", "dictionary %d cannot be used", n)
		}
		c.enc = e
	}
	if c.enc == nil {
		return nil, fault.New(fault.Internal, "store.dictionary", "dictionary %d is missing", newest)
	}
	dec, err := zstd.NewReader(nil, dopts...)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "store.dictionary", "the dictionaries cannot be used")
	}
	c.dec = dec
	return c, nil
}

// Pack compresses a body.
func (c *Codec) Pack(plain []byte) []byte {
	out := make([]byte, headerSize, headerSize+len(plain)/2)
	out[3] = byte(checksum(plain))
	if len(plain) < 64 {
		out[0] = formatPlain
		return append(out, plain...)
	}
	out[0], out[2] = formatBare, c.dict
	out = bare(c.enc.EncodeAll(plain, out), headerSize)
	if len(out) >= headerSize+len(plain) {
		out[0], out[2] = formatPlain, 0
		return append(out[:headerSize], plain...)
	}
	return out
}

// Unpack gives the plain body. Errors: Internal "store.body" when it is
// damaged, "store.key" when its key is not here.
func (c *Codec) Unpack(packed []byte) ([]byte, error) { return c.UnpackInto(nil, packed) }

// UnpackInto is Unpack that may use the room of dst, which is empty.
func (c *Codec) UnpackInto(dst, packed []byte) ([]byte, error) {
	if len(packed) < headerSize {
		return nil, fault.New(fault.Internal, "store.body", "a stored body is shorter than its header")
	}
	if packed[1] != 0 {
		return nil, fault.New(fault.Internal, "store.key", "a stored body needs key %d, which is not loaded", packed[1])
	}
	var plain []byte
	switch packed[0] & (1<<markShift - 1) {
	case formatPlain:
		plain = append(dst, packed[headerSize:]...)
	case formatZstd, formatBare:
		var err error
		if plain, err = c.unpack(dst, packed); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "store.body", "a stored body cannot be unpacked")
		}
	default:
		return nil, fault.New(fault.Internal, "store.body", "a stored body has unknown format %d", packed[0]&(1<<markShift-1))
	}
	if byte(checksum(plain)) != packed[3] {
		return nil, fault.New(fault.Internal, "store.body", "a stored body does not match its checksum")
	}
	return plain, nil
}

func (c *Codec) unpack(dst, packed []byte) ([]byte, error) {
	if packed[0]&(1<<markShift-1) == formatZstd {
		return c.dec.DecodeAll(packed[headerSize:], dst)
	}
	id, known := c.ids[packed[2]]
	if !known {
		return nil, zstd.ErrUnknownDictionary
	}
	frame := make([]byte, 0, len(packed)+len(frameMagic)+frameDictSize)
	return c.dec.DecodeAll(whole(frame, packed[headerSize:], id), dst)
}

// Mark writes a mark of 0…15 into a body that was just packed, where it takes
// no room of its own. Bodies of before there were marks have 0.
func Mark(packed []byte, mark byte) {
	packed[0] = packed[0]&(1<<markShift-1) | mark<<markShift
}

// MarkOf is the mark of a packed body.
func MarkOf(packed []byte) byte {
	if len(packed) < headerSize {
		return 0
	}
	return packed[0] >> markShift
}

func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
}

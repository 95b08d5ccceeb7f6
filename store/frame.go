package store

// A zstd frame begins with four bytes that are always the same, a byte that says
// what follows, and here up to four bytes of its dictionary's id, which byte 2 of
// a packed body's header says in one. Bodies are short: these eight are 3 % of
// them, so they are left out.
//
// https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
const (
	frameMagic    = "\x28\xb5\x2f\xfd"
	frameSingle   = 1 << 5 // of the byte behind it: no byte says how large the window is
	frameDict     = 3      // of the same: the id of a dictionary follows; as four bytes
	frameDictSize = 4
)

// bare takes out of b, where a frame begins at a place, what every frame of one
// dictionary has.
func bare(b []byte, at int) []byte {
	frame := b[at:]
	from, to := len(frameMagic), 0
	id := [...]int{0, 1, 2, 4}[frame[from]&frameDict]
	frame[to] = frame[from] &^ frameDict
	from, to = from+1, to+1
	if frame[0]&frameSingle == 0 {
		frame[to] = frame[from]
		from, to = from+1, to+1
	}
	return b[:at+to+copy(frame[to:], frame[from+id:])]
}

// whole appends the frame that bare was given.
func whole(b, frame []byte, id [frameDictSize]byte) []byte {
	b = append(b, frameMagic...)
	if len(frame) < 2 {
		return b
	}
	b = append(b, frame[0]|frameDict)
	rest := frame[1:]
	if frame[0]&frameSingle == 0 {
		b, rest = append(b, rest[0]), rest[1:]
	}
	return append(append(b, id[:]...), rest...)
}

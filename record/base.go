package record

import (
	"bytes"
	"strings"

	"concord/standard/fhir"
)

// Bases are the addresses under which this server is, and was, reached, each with
// both schemes: https and http are one.
func (d *Desk) Bases() []string { return d.bases }

func bothSchemes(bases []string) []string {
	var out []string
	for _, b := range bases {
		if _, rest, ok := strings.Cut(strings.TrimSuffix(b, "/"), "://"); ok {
			out = append(out, "https://"+rest, "http://"+rest)
		}
	}
	return out
}

// spellings are the ways in which a reference to something here may be written:
// relative, and under each address that this server has or had.
func (d *Desk) spellings(ref string) []string {
	out := make([]string, 0, 1+len(d.bases))
	out = append(out, ref)
	for _, base := range d.bases {
		out = append(out, base+"/"+ref)
	}
	return out
}

// relative is a reference to something here without the address of this server.
func (d *Desk) relative(ref string) string {
	for _, base := range d.bases {
		if rest, ok := strings.CutPrefix(ref, base+"/"); ok {
			return rest
		}
	}
	return ref
}

var referenceMember = []byte(`"reference":"`)

// brought is a stored text as it is read: absolute references under an address of this
// server, which were stored before it was known as one, are the relative ones that they
// mean. A Bundle keeps its own, which its fullUrls resolve. What is filed of a resource
// is filed of the text as it is stored, so that the index needs no rebuild.
func (d *Desk) brought(plain []byte, typ uint16) []byte {
	if len(d.bases) == 0 || typ == fhir.R4().Number("Bundle") || !bytes.Contains(plain, []byte(`"reference":"http`)) {
		return plain
	}
	out := make([]byte, 0, len(plain))
	for {
		i := bytes.Index(plain, referenceMember)
		if i < 0 {
			return append(out, plain...)
		}
		i += len(referenceMember)
		out, plain = append(out, plain[:i]...), plain[i:]
		plain = plain[d.address(plain):]
	}
}

// address is how many bytes of a reference are an address of this server, before the
// type and the id of something of it.
func (d *Desk) address(ref []byte) int {
	end := bytes.IndexByte(ref, '"')
	if end < 0 {
		return 0
	}
	for _, base := range d.bases {
		if rest, ok := bytes.CutPrefix(ref[:end], []byte(base+"/")); ok {
			if parsed, ok := fhir.ParseReference(string(rest)); ok && parsed.Base == "" && fhir.R4().Number(parsed.Type) != 0 {
				return len(base) + 1
			}
		}
	}
	return 0
}

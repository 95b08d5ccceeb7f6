package pack

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed core.ndjson.zst
var coreText []byte

// maxCore bounds what unpacking may take.
const maxCore = 16 << 20

var loadCore = sync.OnceValue(func() *Pack {
	p := &Pack{entries: map[string]*entry{}}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxCore))
	if err != nil {
		panic("pack: " + err.Error())
	}
	defer r.Close()
	text, err := r.DecodeAll(coreText, nil)
	if err != nil {
		panic("pack: the embedded definitions: " + err.Error())
	}
	for line := range strings.Lines(string(text)) {
		e := &entry{text: line, url: member(line, "url")}
		typ := member(line, "resourceType")
		p.entries[key(typ, e.url)] = e
		p.entries[key(typ, e.url+"|"+member(line, "version"))] = e
	}
	return p
})

// Core holds the definitions that FHIR R4 publishes, stripped to what is
// checked. The types themselves are package fhir's.
func Core() *Pack { return loadCore() }

// member reads a member of the definition without parsing it: the generator
// sorts members, and resourceType, url and version come last.
func member(line, name string) string {
	mark := `"` + name + `":"`
	i := strings.LastIndex(line, mark)
	if i < 0 {
		return ""
	}
	rest := line[i+len(mark):]
	return rest[:strings.IndexByte(rest, '"')]
}

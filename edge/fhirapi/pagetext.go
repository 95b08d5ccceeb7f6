package fhirapi

import (
	"net/http"
	"net/url"
	"strconv"

	"concord/record"
	"concord/standard/fhir"
)

// wholeAsJSON tells whether the resources of a page go out as they lie in the
// store, so that the page is written as text and nothing of it is parsed.
func wholeAsJSON(r *http.Request, form url.Values) bool {
	summary := form.Get("_summary")
	return (summary == "" || summary == "false") && form.Get("_elements") == "" && form.Get("_pretty") == "" &&
		innerOf(r) == nil && !wantsAsync(r) && wanted(r) == "json"
}

// pageText writes a searchset Bundle straight into a buffer.
func (a *api) pageText(r *http.Request, found *record.Found, notes *fhir.Value, total int, links []*fhir.Value) (*response, error) {
	buf := a.buffer()
	dst := append(*buf, `{"resourceType":"Bundle","type":"searchset"`...)
	if total >= 0 {
		dst = strconv.AppendInt(append(dst, `,"total":`...), int64(total), 10)
	}
	dst = append(dst, `,"link":`...)
	dst = fhir.Obj("l", links).Get("l").Append(dst)
	base := fhir.Of(a.base(r) + "/").Append(nil)
	base = base[:len(base)-1] // goes on with what is named, which needs no escape
	first := true
	entry := func() {
		if first {
			dst = append(dst, `,"entry":[`...)
		} else {
			dst = append(dst, ',')
		}
		first = false
	}
	for _, part := range [...]struct {
		mode  string
		items []*record.Item
	}{{"match", found.Matches}, {"include", found.Included}} {
		for _, it := range part.items {
			entry()
			dst = append(append(dst, `{"fullUrl":`...), base...)
			dst = append(append(append(dst, it.Type...), '/'), it.ID...)
			dst = append(dst, `","resource":`...)
			var err error
			if dst, err = it.AppendJSON(dst); err != nil {
				return nil, err
			}
			dst = append(append(append(dst, `,"search":{"mode":"`...), part.mode...), `"}}`...)
		}
	}
	if notes != nil {
		entry()
		dst = fhir.Obj("resource", notes, "search", fhir.Obj("mode", "outcome")).Append(dst)
	}
	if !first {
		dst = append(dst, ']')
	}
	*buf = append(dst, '}')
	return &response{status: http.StatusOK, text: buf}, nil
}

// mostBuffered is how large a buffer may be and be used again.
const mostBuffered = 512 << 10

// buffer is an empty one; done takes it back.
func (a *api) buffer() *[]byte {
	if b, ok := a.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, 32<<10)
	return &b
}

func (a *api) done(b *[]byte) {
	if b != nil && cap(*b) <= mostBuffered {
		*b = (*b)[:0]
		a.buffers.Put(b)
	}
}

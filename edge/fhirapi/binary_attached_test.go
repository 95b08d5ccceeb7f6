package fhirapi_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"concord/record/access"
)

const sealedMeta = `"meta":{"security":[{"system":"` + access.Confidentiality + `","code":"V"}]},`

// attaching are resources that lead to a Binary, by the element that does.
func attaching(url string) map[string]string {
	about := `"subject":{"reference":"Patient/{p}"},`
	at := `{"contentType":"text/plain","url":"` + url + `"}`
	return map[string]string{
		"Media":                 about + `"status":"completed","content":` + at,
		"DiagnosticReport":      about + `"status":"final","code":{"text":"x"},"presentedForm":[` + at + `]`,
		"Communication":         about + `"status":"completed","payload":[{"contentAttachment":` + at + `}]`,
		"CommunicationRequest":  about + `"status":"active","payload":[{"contentAttachment":` + at + `}]`,
		"Consent":               `"patient":{"reference":"Patient/{p}"},"status":"active","scope":{"coding":[{"code":"adr"}]},"category":[{"text":"x"}],"policy":[{"uri":"http://x.example"}],"sourceAttachment":` + at,
		"QuestionnaireResponse": about + `"status":"completed","item":[{"linkId":"1","answer":[{"valueAttachment":` + at + `}]}]`,
		"BodyStructure":         `"patient":{"reference":"Patient/{p}"},"location":{"text":"x"},"image":[` + at + `]`,
		"Observation":           about + `"status":"final","code":{"text":"x"},"extension":[{"url":"http://x.example/e","valueAttachment":` + at + `}]`,
		"Procedure":             about + `"status":"completed","contained":[{"resourceType":"Media","id":"m","status":"completed","content":` + at + `}],"extension":[{"url":"http://x.example/e","valueReference":{"reference":"#m"}}]`,
	}
}

// TestBinaryByAnyAttachment: whatever has the address of a Binary in an Attachment leads
// to it, by the definitions of R4: it keeps it back, and opens it.
func TestBinaryByAnyAttachment(t *testing.T) {
	s := newStage(t)
	s.names["p"] = s.made(t, "R1K", "Patient", okonkwo)
	put := func(ref, body string) {
		t.Helper()
		if w := s.as(t, "R1K", http.MethodPut, "/"+ref, s.fill(body)); w.Code != http.StatusCreated {
			t.Fatalf("%s: %d %s", ref, w.Code, w.Body)
		}
	}
	binary := func(id string) {
		t.Helper()
		put("Binary/"+id, withID(binaryOf("text/plain", "CANARY", ""), id, "", ""))
	}
	expect := func(id string, open bool) {
		t.Helper()
		for _, path := range []string{"/Binary/" + id, "/Binary/" + id + "/_history/1"} {
			if w := s.as(t, "RQM", http.MethodGet, path, ""); (w.Code == http.StatusOK) != open {
				t.Errorf("%s to another organisation: %d, want it seen: %v", path, w.Code, open)
			}
			if w := s.as(t, "R1K", http.MethodGet, path, ""); w.Code != http.StatusOK {
				t.Errorf("%s to who wrote it: %d %s", path, w.Code, w.Body)
			}
		}
	}
	for typ, body := range attaching("Binary/{b}") {
		for i, url := range []string{"Binary/{b}", "https://concord.example/fhir/Binary/{b}", "Binary/{b}/_history/1"} {
			id := strings.ToLower(typ) + "-" + strconv.Itoa(i)
			s.names["b"] = id
			binary(id)
			here := strings.ReplaceAll(body, "Binary/{b}", url)
			put(typ+"/closed-"+id, `{"resourceType":"`+typ+`","id":"closed-`+id+`",`+sealedMeta+here+`}`)
			expect(id, false)
			put(typ+"/open-"+id, `{"resourceType":"`+typ+`","id":"open-`+id+`",`+here+`}`)
			expect(id, true)
		}
	}
	binary("photo")
	put("Media/of-photo", `{"resourceType":"Media","id":"of-photo",`+sealedMeta+`"status":"completed","subject":{"reference":"Patient/{p}"},"content":{"contentType":"text/plain","url":"Binary/photo"}}`)
	expect("photo", false)
	put("Patient/sitter", `{"resourceType":"Patient","id":"sitter","name":[{"family":"Mensah"}],"birthDate":"1950-01-01","gender":"male","photo":[{"contentType":"text/plain","url":"Binary/photo"}]}`)
	expect("photo", true)
	binary("guide")
	put("Media/of-guide", `{"resourceType":"Media","id":"of-guide",`+sealedMeta+`"status":"completed","subject":{"reference":"Patient/{p}"},"content":{"contentType":"text/plain","url":"Binary/guide"}}`)
	put("Library/guide", `{"resourceType":"Library","id":"guide","status":"active","type":{"text":"x"},"content":[{"contentType":"text/plain","url":"Binary/guide"}]}`)
	expect("guide", true)
	s.clean()
}

// TestBinaryNotByOnesOwn: nobody comes by the Binary of another organisation by writing
// something that leads to it, nor takes it from who controls it.
func TestBinaryNotByOnesOwn(t *testing.T) {
	s := newStage(t)
	s.names["p"] = s.made(t, "R1K", "Patient", okonkwo)
	write := func(org, ref, body string, want int) string {
		t.Helper()
		w := s.as(t, org, http.MethodPut, "/"+ref, s.fill(body))
		if w.Code != want {
			t.Fatalf("%s of %s: %d, want %d: %s", ref, org, w.Code, want, w.Body)
		}
		return w.Body.String()
	}
	media := func(id, url, security string) string {
		return `{"resourceType":"Media","id":"` + id + `",` + security + `"status":"completed","subject":{"reference":"Patient/{p}"},"content":{"contentType":"text/plain","url":"` + url + `"}}`
	}
	seen := func(org, id string, open bool) {
		t.Helper()
		if w := s.as(t, org, http.MethodGet, "/Binary/"+id, ""); (w.Code == http.StatusOK) != open {
			t.Errorf("Binary/%s to %s: %d, want it seen: %v", id, org, w.Code, open)
		}
	}
	binary := func(id string) {
		t.Helper()
		write("R1K", "Binary/"+id, withID(binaryOf("text/plain", "CANARY", ""), id, "", ""), 201)
	}
	binary("sealed")
	write("R1K", "Media/seal", media("seal", "Binary/sealed", sealedMeta), 201)
	for _, url := range []string{"Binary/sealed", "https://concord.example/fhir/Binary/sealed", "HTTP://concord.example/fhir/Binary/sealed", "Binary/sealed/_history/1", "Binary/sealed#page=1"} {
		if got := write("RQM", "Media/mine", media("mine", url, ""), 422); !strings.Contains(got, "record.reference") || !strings.Contains(got, "Media.content") {
			t.Errorf("%s: %s", url, got)
		}
	}
	document := `{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"url":"Binary/sealed"}}]}`
	write("RQM", "DocumentReference/d", document, 422)
	seen("RQM", "sealed", false)
	seen("R1K", "sealed", true)

	write("RQM", "Media/early", media("early", "Binary/later", ""), 201) // before it is there
	binary("later")
	write("R1K", "Media/lock", media("lock", "Binary/later", sealedMeta), 201)
	seen("RQM", "later", false)
	seen("R1K", "later", true)
	write("RQM", "Media/early", strings.Replace(media("early", "Binary/later", ""), "completed", "in-progress", 1), 200) // as it was stored
	seen("RQM", "later", false)

	binary("free")
	write("RQM", "Media/cover", media("cover", "Binary/free", sealedMeta), 201)
	seen("R1K", "free", true) // what others write takes nothing from it
	write("R1K", "Media/says", media("says", "Binary/free", ""), 201)
	seen("RYJ", "free", true)
	write("R1K", "Media/says", media("says", "Binary/free", sealedMeta), 200)
	seen("RQM", "free", false)
	s.clean()
}

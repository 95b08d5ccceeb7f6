package webui

import (
	"testing"

	"concord/fault"
)

func TestEachKindOfFailureHasItsPage(t *testing.T) {
	for _, k := range fault.Kinds() {
		if p := failures()[k]; p.status < 400 || p.title == "" || p.text == "" {
			t.Errorf("%v has no page", k)
		}
	}
	if failures()[fault.Withheld] != failures()[fault.NotFound] {
		t.Error("withheld does not look like not found")
	}
}

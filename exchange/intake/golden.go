package intake

import (
	"bytes"
	"encoding/json"

	"concord/fault"
	"concord/standard/hl7v2"
)

// Tell writes what a message of a feed asks to be written, for golden files: what it
// is about, and each resource with the key by which it is known. Errors are those of
// Map.
func Tell(m *hl7v2.Message, f Feed) (string, error) {
	mapped, err := Map(m, f)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	type draft struct {
		Key      string          `json:"key"`
		Resource json.RawMessage `json:"resource"`
	}
	for i := range mapped {
		one := &mapped[i]
		out := struct {
			Trigger  string   `json:"trigger"`
			Event    string   `json:"event"`
			Patient  string   `json:"patient"`
			Ends     []string `json:"ends,omitempty"` // numbers that a merge ends
			Warnings []string `json:"warnings,omitempty"`
			Drafts   []draft  `json:"drafts"`
		}{Trigger: one.Trigger, Event: one.Event.In(f.Zone).Format("2006-01-02T15:04:05-07:00"), Patient: one.Patient.Number, Warnings: one.Warnings}
		if one.Merge != nil {
			out.Ends = one.Merge.Old
		}
		for _, d := range one.Drafts {
			out.Drafts = append(out.Drafts, draft{d.Key, d.Resource.JSON()})
		}
		if err := enc.Encode(out); err != nil {
			return "", fault.Wrap(err, fault.Internal, "intake.tell", "what a message asks for cannot be written")
		}
	}
	return b.String(), nil
}

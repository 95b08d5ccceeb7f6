package validate

import (
	"strconv"

	"concord/standard/fhir"
)

// attachment checks the stated size against the data
// (https://hl7.org/fhir/R4/datatypes-definitions.html#Attachment.size).
func (c *check) attachment(v *fhir.Value) {
	if !c.full {
		return
	}
	data, size := v.Get("data"), v.Get("size")
	if data.Kind() != fhir.String || size.Kind() != fhir.Number {
		return
	}
	if stated, err := strconv.Atoi(size.Raw()); err == nil && stated != decodedSize(data.Str()) {
		c.reportAt("size", RuleSize, "the size is not that of the data")
	}
}

// decodedSize is how many bytes base64 text stands for.
func decodedSize(s string) int {
	n := 0
	for i := range len(s) {
		if c := s[i]; !isSpace(c) && c != '=' {
			n++
		}
	}
	return n * 3 / 4
}

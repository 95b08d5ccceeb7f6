package onboard

import (
	"fmt"
	"strings"
)

// Template is the CSV file of a class to begin with: its header and a row of a
// made-up patient.
func (c *Class) Template() string {
	var head, row []string
	for i := range c.Columns {
		head, row = append(head, c.Columns[i].Name), append(row, c.Columns[i].example(c.Name))
	}
	return strings.Join(head, ",") + "\n" + strings.Join(row, ",") + "\n"
}

// example is a value that a column may have.
func (c *Column) example(class string) string {
	switch c.Kind {
	case Key:
		if class == "patients" {
			return "L0000001"
		}
		return strings.ToUpper(class[:1]) + "1"
	case Ref:
		if c.To == "patients" && c.Name == "patient" {
			return "L0000001"
		}
		return ""
	case NHS:
		return "999 000 0018"
	case Date:
		if c.Name == "born" {
			return "1961-04-30"
		}
		return map[int]string{Past: "2026-03-02", 0: "2026-12-20"}[c.When]
	case Moment:
		if c.When == Future {
			return "2026-12-20 09:15"
		}
		return "2026-03-02 14:05"
	case Choice:
		return c.Of[0]
	case Postcode:
		return "HA1 3ZZ"
	case ODS:
		return map[string]string{"practice": "E84001"}[c.Name]
	case Whole:
		return "15"
	case Pathway:
		return "R1K000000000001"
	}
	return map[string]string{"family": "EXAMPLE", "given": "Ada", "text": "Allergy to penicillin", "clinic": "eye-clinic", "title": "Clinic letter",
		"kind": "clinic-letter", "code": "HB", "value": "131", "unit": "g/L", "ward": "Crick"}[c.Name]
}

// LayoutPage is the table of docs/operate/extract-layout.md.
func LayoutPage() string {
	var b strings.Builder
	for _, c := range Layout() {
		fmt.Fprintf(&b, "\n### %s: `%s.csv`\n| column | holds | |\n|---|---|---|\n", c.Title, c.Name)
		for _, col := range c.Columns {
			need := ""
			switch {
			case col.Must:
				need = " **needed**"
			case col.Sure:
				need = " a bad value refuses the row"
			}
			fmt.Fprintf(&b, "| `%s` | %s |%s |\n", col.Name, col.holds(), need)
		}
	}
	return b.String()
}

// holds says what a column holds, in words.
func (c *Column) holds() string {
	var out string
	switch c.Kind {
	case Key:
		out = "key of the row in the source"
	case Ref:
		out = "key of `" + c.To + "`"
	case NHS:
		out = "NHS number"
	case Date:
		out = "day"
	case Moment:
		out = "day and time"
	case Choice:
		out = strings.Join(c.Of, ", ")
	case Code:
		out = "code of the source's catalogue"
	case Postcode:
		out = "postcode"
	case ODS:
		out = "ODS code"
	case Whole:
		out = "whole number"
	case Flag:
		out = "Y or N"
	case Pathway:
		out = "pathway identifier"
	default:
		out = "text"
	}
	switch c.When {
	case Past:
		out += ", not after the extract was taken"
	case Future:
		out += ", not before the extract was taken"
	}
	if c.After != "" {
		out += ", not before `" + c.After + "`"
	}
	if c.About != "" {
		out += " (" + c.About + ")"
	}
	return out
}

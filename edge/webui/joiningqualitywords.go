package webui

import (
	"cmp"

	"concord/standard/uk"
)

// problemWords tells what is wrong, by the codes of docs/operate/extract-layout.md.
func problemWords(code string) string {
	words := map[string]string{
		"missing": "A needed value is not there", "format": "A value has not the form of its column", "choice": "A value is none of those that the column may have",
		"future": "A day after the extract was taken", "past": "A day before the extract was taken, where one to come is meant", "implausible": "A day more than 130 years ago, or far ahead",
		"order": "A day before the one that it follows", "check-digit": "An NHS number with a wrong check digit: never joined on", "never-issued": "An NHS number of a range that is not issued: never joined on",
		"encoding": "Bytes that are no text in the encoding that was said", "control": "A control character within text", "mojibake": "Text that was read in another encoding once before",
		"columns": "More or fewer fields than the header", "shifted": "Fields that fit their columns when moved by one", "quote": "A quoted field that does not end", "long": "A value or row beyond any sense",
		"duplicate": "The key stands there twice, with other values", "repeated": "The same row once more", "orphan": "It refers to a row that is not there", "orphan-refused": "It refers to a row that was refused",
		"resource": "A resource or message that cannot be read", "no-file": "A document whose content is not in the extract, or is not whole",
	}
	return cmp.Or(words[code], code)
}

// differWords tells in what a row of a waiting list differs from its events.
func differWords(what string) string {
	words := map[string]string{"start": "the day the clock started", "status": "the status", "weeks": "the weeks waited", "clock": "the events come to no clock", "stopped": "the clock does not run", "twice": "a pathway is listed twice"}
	return cmp.Or(words[what], what)
}

// findingWords tells what does not add up in the events of a pathway.
func findingWords(code string) string {
	words := map[string]string{
		uk.RTTBadStatus: "no such status", uk.RTTBadDay: "an event without a day", uk.RTTSecondStart: "a clock that runs is started again", uk.RTTNoClock: "a clock is continued or stopped that does not run",
		uk.RTTNotMonitored: "after active monitoring that has not begun", uk.RTTMonitoredStart: "a first activity (10) after active monitoring, which 11 ends", uk.RTTStillRuns: "no clock should run, and one does",
		uk.RTTWrongDNA: "a clock stopped (33) by an absence that does not stop it", uk.RTTAfterDeath: "activity after the patient died", uk.RTTLateStart: "a start after its activity",
		uk.RTTOtherStart: "another start for a clock that runs", uk.RTTNoStart: "a clock goes on whose start is not there", uk.RTTOverlap: "a clock starts before the one before it stopped", uk.RTTOpenStatus: "not yet known (99) is the last word",
	}
	return cmp.Or(words[code], code)
}

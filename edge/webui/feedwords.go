package webui

import "strings"

// messageChoices are the kinds of message that a feed's page lists: the value
// in the address and its words.
func messageChoices() [][2]string {
	return [][2]string{{"", "All"}, {"dead", "Dead letters"}, {"waiting", "Waiting"}, {"applied", "Applied"},
		{"passed", "Passed over"}, {"ignored", "Received twice"}, {"closed", "Set aside"}}
}

// settingWords tells how a feed is set; one without a setting of its own works
// by the defaults.
func settingWords(x *FeedSetting) string {
	if x == nil {
		x = &FeedSetting{}
	}
	answers := "answers as the message asks"
	switch x.Accept {
	case "original", "enhanced":
		answers = "answers in " + x.Accept + " mode"
	}
	modes := "accepts every MSH-11 value"
	if len(x.Modes) > 0 {
		modes = "accepts MSH-11 " + strings.Join(x.Modes, ", ")
	}
	return join(" · ", x.Listen, answers+"; "+modes)
}

// hourHeights scale the messages of 24 hours to the height of their bars.
func hourHeights(hours []int64) []float64 {
	most := int64(1)
	for _, n := range hours {
		most = max(most, n)
	}
	out := make([]float64, len(hours))
	for i, n := range hours {
		if out[i] = 22 * float64(n) / float64(most); n > 0 {
			out[i] = max(out[i], 1.5)
		}
	}
	return out
}

func reasonErrors(problem string) []fieldError {
	if problem == "" {
		return nil
	}
	return []fieldError{{"reason", problem}}
}

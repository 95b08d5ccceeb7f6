package login

import "strings"

// Browser says in words what a User-Agent claims to be, "Chrome on Windows",
// for the person's own list of sessions. It is only ever a hint.
func Browser(agent string) string {
	name, system := "Unknown browser", ""
	// The order counts: each claims to be those after it too.
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"},
		{"CriOS/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, b[0]) {
			name = b[1]
			break
		}
	}
	for _, o := range [][2]string{{"Windows", "Windows"}, {"iPad", "iPad"}, {"iPhone", "iPhone"}, {"Android", "Android"},
		{"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, o[0]) {
			system = o[1]
			break
		}
	}
	if system == "" {
		return name
	}
	return name + " on " + system
}

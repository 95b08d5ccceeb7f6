package webui

import (
	"concord/record/account"
	"concord/standard/uk"
)

func codeLabel(a account.Asks) string {
	switch {
	case !a.App:
		return "Recovery code"
	case a.Code:
		return "Code of your authenticator app, or a recovery code"
	}
	return "Code of your authenticator app"
}

func codeHint(a account.Asks) string {
	if a.App {
		return "Six digits; each code is good once"
	}
	return "Four groups of five letters and digits; each is good once"
}

func unlockLabel(password bool) string {
	if password {
		return "Password, or code of your authenticator app"
	}
	return "Code of your authenticator app"
}

func lockErrors(text string) []fieldError {
	if text == "" {
		return nil
	}
	return []fieldError{{"unlock", text}}
}

func factorWords(f account.Factors) string {
	switch {
	case !f.App.IsZero() && len(f.Passkeys) > 0:
		return "Has an authenticator app and " + count(len(f.Passkeys), "passkey") + "."
	case !f.App.IsZero():
		return "Has an authenticator app."
	case len(f.Passkeys) > 0:
		return "Has " + count(len(f.Passkeys), "passkey") + "."
	}
	return "Has no second factor."
}

func activityTitle(code string) string {
	if a, ok := uk.FindActivity(code); ok {
		return a.Title
	}
	return code
}

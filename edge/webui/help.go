package webui

// help is /help: the keyboard map and the switch for single keys.
func (s *Site) help(v *visit) (*answer, error) {
	return &answer{frame: frame{Title: "Help", Nav: "help"}, body: helpPage(v.session.Account.Single)}, nil
}

// setKeys switches single-key shortcuts for the person who asks (WCAG 2.1.4).
func (s *Site) setKeys(v *visit) (*answer, error) {
	off := v.PostFormValue("keys") == "off"
	if err := s.Accounts.SetSingleKeysOff(v.Context(), v.session.Account.Name, off); err != nil {
		return nil, err
	}
	return redirect("/help")
}

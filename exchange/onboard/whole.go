package onboard

import (
	"encoding/json"
	"errors"
	"os"

	"concord/fault"
)

func readJSON(name string, into any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return unstaged(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return damaged()
	}
	return nil
}

func writeJSON(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fault.Wrap(err, fault.Internal, "onboard.write", "a report cannot be written")
	}
	return writeWhole(name, append(text, '\n'))
}

// writeWhole leaves a whole file or the one that was there.
func writeWhole(name string, text []byte) error {
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return unstaged(err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return unstaged(err)
	}
	return unstaged(os.Rename(name+".new", name))
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return unstaged(err)
	}
	return unstaged(errors.Join(f.Sync(), f.Close()))
}

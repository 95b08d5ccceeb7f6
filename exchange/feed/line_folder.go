package feed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"concord/exchange/feed/channel"
	"concord/fault"
	"concord/record"
)

// folderLine writes one file a message. The name begins with the sequence, so
// that files in order of name are in the order in which they were filed; a file
// that is there is whole.
type folderLine struct{ dir string }

func openFolder(d *channel.Destination) (line, error) {
	st, err := os.Stat(d.Folder)
	if err != nil || !st.IsDir() {
		return nil, fault.New(fault.Busy, "feed.connect", "the folder is not there")
	}
	return &folderLine{d.Folder}, nil
}

func (l *folderLine) close() {}

func (l *folderLine) send(_ context.Context, m *record.Message) answer {
	tail := ".hl7"
	if strings.HasPrefix(m.Trigger, "FHIR") {
		tail = ".json"
	}
	if err := writeFile(l.dir, fmt.Sprintf("%012d-%s%s", m.Seq, plain(m.Control), tail), m.Raw); err != nil {
		return failed(down, fault.Busy, "feed.write", "the file cannot be written")
	}
	return answer{verdict: accepted, code: "written"}
}

// plain keeps what may stand in a file name.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, s)
}

// writeFile writes under another name, makes it durable, and then renames it.
func writeFile(dir, name string, text []byte) error {
	path := filepath.Join(dir, name)
	part := filepath.Join(dir, "."+name+".part")
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(part)
		return err
	}
	return os.Rename(part, path)
}

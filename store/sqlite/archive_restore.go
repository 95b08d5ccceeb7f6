package sqlite

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"concord/fault"
)

// Restored tells what came back: the newest commit and its time.
type Restored struct {
	Change int64
	At     time.Time
	// Base is when the copy that it starts from was made; Segments how many
	// pieces of the log were played over it.
	Base     time.Time
	Segments int
}

// Restore makes a new database file from an archive: as after the last commit
// at or before a moment, zero for the newest. Errors: Conflict
// "store.not-empty" when the file is there; NotFound "store.archive" when the
// archive does not reach back so far; Internal "store.archive-damaged".
func Restore(folder, path string, at time.Time) (Restored, error) {
	if _, err := os.Lstat(path); err == nil {
		return Restored{}, fault.New(fault.Conflict, "store.not-empty", "there is a store already where this one is to be restored")
	}
	limit := int64(1<<63 - 1)
	if !at.IsZero() {
		limit = at.UnixMicro()
	}
	dir, b, err := chooseBase(folder, limit)
	if err != nil {
		return Restored{}, failed(err, "read the archive")
	}
	r := restoring{dir: dir, limit: limit, last: b.Last, at: b.After}
	r.out, err = os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return Restored{}, failed(err, "restore")
	}
	if err = r.base(b); err == nil {
		err = r.play(b.Counter)
	}
	if err = errors.Join(err, r.out.Sync(), r.out.Close()); err == nil {
		err = errors.Join(os.Rename(path+".part", path), syncDir(filepath.Dir(path)))
	}
	if err != nil {
		os.Remove(path + ".part")
		return Restored{}, failed(err, "restore")
	}
	return Restored{r.last.Change, moment(r.last.At), b.Written, r.played}, nil
}

// chooseBase finds the newest generation that begins at or before a time.
func chooseBase(folder string, limit int64) (string, base, error) {
	n, err := numbers(folder, "")
	if err != nil {
		return "", base{}, fault.Wrap(err, fault.NotFound, "store.archive", "there is no archive")
	}
	for ; n > 0; n-- {
		var b base
		dir := filepath.Join(folder, numbered(n))
		switch err := readJSON(filepath.Join(dir, baseName+".json"), &b); {
		case errors.Is(err, os.ErrNotExist): // never finished, or pruned
		case err != nil:
			return "", base{}, err
		case b.Last.At <= limit:
			return dir, b, nil
		}
	}
	return "", base{}, fault.New(fault.NotFound, "store.archive", "the archive holds nothing of that time: it does not reach back so far")
}

// restoring is one Restore.
type restoring struct {
	dir    string
	limit  int64
	out    *os.File
	at     walPlace
	last   stamp
	played int
}

// base copies the file that the generation begins with.
func (r *restoring) base(b base) error {
	path := filepath.Join(r.dir, baseName+".db")
	sum, err := fileSum(path)
	if err != nil || sum != b.SHA256 || b.Page != pageSize {
		return archiveFault(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(r.out, f)
	return err
}

// play writes the pages of the segments over it, to the last commit in time.
func (r *restoring) play(counter uint32) error {
	n, err := numbers(r.dir, ".json")
	if err != nil {
		return err
	}
	for i := 1; i <= n; i++ {
		path := filepath.Join(r.dir, numbered(i))
		var s segment
		if err := readJSON(path+".json", &s); err != nil {
			return archiveFault(path)
		}
		// A log that started again begins anew; else the segments touch.
		if s.Before != r.at && (s.Before.Frame != 0 || s.Before.Salt == r.at.Salt) {
			return archiveFault(path)
		}
		frames := s.After.Frame - s.Before.Frame
		if s.Last.At > r.limit {
			if frames, err = r.inTime(path, s, counter); err != nil {
				return err
			}
		}
		if err := r.write(path, s, frames, counter); err != nil {
			return err
		}
		if frames > 0 {
			r.played++
		}
		if s.Last.At > r.limit {
			return nil
		}
		r.at = s.After
	}
	return nil
}

// inTime counts the frames of a segment up to the last commit in time.
func (r *restoring) inTime(path string, s segment, counter uint32) (frames int64, err error) {
	n, late, now := int64(0), false, r.last
	err = readSegment(path, s, func(frame []byte) (err error) {
		n++
		number, size := page(frame)
		if number == counter {
			if now, err = readStamp(frame[frameHeaderSize:]); err != nil {
				return err
			}
		}
		if late = late || now.At > r.limit; !late && size != 0 {
			frames = n
		}
		return nil
	})
	return frames, err
}

// write puts the first frames of a segment into the file.
func (r *restoring) write(path string, s segment, frames int64, counter uint32) error {
	if frames == 0 {
		return nil
	}
	n := int64(0)
	err := readSegment(path, s, func(frame []byte) (err error) {
		if n++; n > frames {
			return stop{}
		}
		number, size := page(frame)
		if number == counter {
			if r.last, err = readStamp(frame[frameHeaderSize:]); err != nil {
				return err
			}
		}
		if _, err = r.out.WriteAt(frame[frameHeaderSize:], int64(number-1)*pageSize); err == nil && size != 0 {
			err = r.out.Truncate(int64(size) * pageSize)
		}
		return err
	})
	if err == error(stop{}) {
		return nil
	}
	return err
}

package sqlite

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"

	"concord/fault"
)

// An archive folder holds generations, numbered from 1: each a copy of the
// database as it was (base.db) and the frames of the log since, in segments
// numbered from 1, compressed. A generation is begun when it cannot be proved
// that the log goes on where the last one ends. The .json beside a file is
// written last, and names its checksum: a file without it does not count.
const (
	baseName = "base"
	endName  = "end.json"
)

// segment describes frames that follow each other.
type segment struct {
	Before  walPlace // of the first
	After   walPlace // of the last, which ends a transaction
	Big     bool     // checksums of big-endian words
	Last    stamp    // what the last commit wrote
	SHA256  string   // of the file as it lies
	Written time.Time
}

// base describes the copy that a generation begins with.
type base struct {
	Page    int    // size of a page
	Counter uint32 // the page of the counters
	After   walPlace
	Last    stamp
	SHA256  string
	Written time.Time
}

// rest is the database file as a server that stopped left it, with everything
// archived.
type rest struct {
	Size    int64
	Changed time.Time
	Last    stamp
}

func numbered(n int) string { return fmt.Sprintf("%08d", n) }

// numbers lists the numbered names in a folder with that ending.
func numbers(dir, ending string) (highest int, err error) {
	list, err := os.ReadDir(dir)
	for _, e := range list {
		name := e.Name()
		if len(name) != 8+len(ending) || name[8:] != ending {
			continue
		}
		if n, err := strconv.Atoi(name[:8]); err == nil {
			highest = max(highest, n)
		}
	}
	return highest, err
}

// writeJSON writes a whole file or none, on the disk when it returns.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(path, func(w io.Writer) error { _, err := w.Write(append(b, '\n')); return err })
}

func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(path+".part", path), syncDir(filepath.Dir(path)))
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return archiveFault(path)
	}
	return nil
}

func archiveFault(path string) error {
	return fault.New(fault.Internal, "store.archive-damaged", "%s is damaged or missing in the archive", filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path))
}

// writeSegment copies the frames of a log between two places.
func writeSegment(dir string, number int, w *walFile, s segment) error {
	path := filepath.Join(dir, numbered(number))
	sum := sha256.New()
	err := writeWhole(path+".wal", func(out io.Writer) error {
		enc, err := zstd.NewWriter(io.MultiWriter(out, sum), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
		if err != nil {
			return err
		}
		from := io.NewSectionReader(w.f, walHeaderSize+s.Before.Frame*frameSize, (s.After.Frame-s.Before.Frame)*frameSize)
		_, err = io.Copy(enc, from)
		return errors.Join(err, enc.Close())
	})
	if err != nil {
		return err
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return writeJSON(path+".json", s)
}

// readSegment hands over the frames of a segment, each checked, and then the
// whole.
func readSegment(path string, s segment, visit func(frame []byte) error) error {
	f, err := os.Open(path + ".wal")
	if err != nil {
		return archiveFault(path)
	}
	defer f.Close()
	sum := sha256.New()
	file := io.TeeReader(f, sum)
	dec, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer dec.Close()
	order := wordOrder(0)
	if s.Big {
		order = wordOrder(1)
	}
	frame := make([]byte, frameSize)
	for at := s.Before; at.Frame < s.After.Frame; {
		if _, err := io.ReadFull(dec, frame); err != nil {
			return archiveFault(path)
		}
		behind, ok := next(order, at, frame)
		if !ok {
			return archiveFault(path)
		}
		at = behind
		if err := visit(frame); err != nil {
			return err
		}
		if at.Frame == s.After.Frame && at != s.After {
			return archiveFault(path)
		}
	}
	// What is altered in what was packed may unpack to the same frames.
	if _, err := io.Copy(io.Discard, file); err != nil || hex.EncodeToString(sum.Sum(nil)) != s.SHA256 {
		return archiveFault(path)
	}
	return nil
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

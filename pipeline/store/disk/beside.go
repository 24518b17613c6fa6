package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gofrs/flock"
)

// Some files are replaced by commands that have no run and therefore no private
// directory. Their temporary file is in the directory of the file, and is
// locked while its writer lives.
const besideMark = ".writing-"

// WriteBeside gives path the content data, all or nothing, through a temporary
// file in the same directory. SweepBeside removes temporary files that writers
// leave when they die.
func WriteBeside(path string, data []byte, perm fs.FileMode) error {
	for tries := 0; ; tries++ {
		err := writeBeside(path, data, perm)
		// A sweep may have removed the temporary file before or after it was locked.
		if !errors.Is(err, fs.ErrNotExist) || tries == 3 {
			return err
		}
	}
}

func writeBeside(path string, data []byte, perm fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, besideMark+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	tmp := f.Name()
	defer os.Remove(tmp)
	defer f.Close()
	lock := flock.New(tmp, flock.SetFlag(os.O_RDONLY|LockFlags))
	if _, err := lock.TryLock(); err != nil {
		return err
	}
	defer lock.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(perm &^ umask); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return Disk{}.Sync(dir)
}

// SweepBeside removes temporary files of dead writers of the named file. old
// are patterns of the names that earlier programs gave to such files.
func SweepBeside(path string, old ...*regexp.Regexp) error {
	dir, base := filepath.Dir(path), filepath.Base(path)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		digits, ours := strings.CutPrefix(e.Name(), besideMark+base+"-")
		ours = ours && onlyDigits.MatchString(digits)
		for _, pattern := range old {
			ours = ours || pattern.MatchString(e.Name())
		}
		if !ours || !e.Type().IsRegular() {
			continue
		}
		litter := filepath.Join(dir, e.Name())
		lock := flock.New(litter, flock.SetFlag(os.O_RDONLY|LockFlags))
		free, err := lock.TryLock()
		if err == nil && free {
			err = os.Remove(litter)
		}
		lock.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

var onlyDigits = regexp.MustCompile(`^[0-9]+$`)

// Package remote implements the second level of a store: a bucket or a
// directory in which many machines keep their results and find those of others.
//
// It handles keys and bytes, and knows neither nodes nor actions. Keys are the
// paths of the store (blobs/ab/ab12…), with slashes, so ls can show what a
// directory that serves as a second level contains. Nothing that comes from a
// second level is trusted: whoever asks for bytes knows their SHA-256 and
// compares it.
package remote

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// A Remote stores bytes by key. Its methods may be called from several
// goroutines. Each call makes a single try; see Client.
type Remote interface {
	// Get writes the bytes of key to w. The error wraps fs.ErrNotExist if there
	// are none. Whatever the error, some bytes may have been written to w.
	Get(ctx context.Context, key string, w io.Writer) error
	// Put stores the bytes of o under key, all of them or none. Without overwrite,
	// an existing key keeps its bytes and the error wraps fs.ErrExist.
	Put(ctx context.Context, key string, o Object, overwrite bool) error
	// Stat returns the Entry that List would yield. The error wraps fs.ErrNotExist
	// if there is no such key.
	Stat(ctx context.Context, key string) (Entry, error)
	// List yields the keys that begin with prefix, in order. It ends at the first
	// error.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
	// Delete removes keys. A key that does not exist is not an error.
	Delete(ctx context.Context, keys []string) error
	// String describes the place for people, without anything secret.
	String() string
}

// An Object is what Put stores under a key.
type Object struct {
	Bytes io.ReaderAt
	Size  int64
	Sum   [32]byte // SHA-256 of the bytes; bytes that arrive and differ are refused

	moved func() // called with every read; may be nil
}

// Body returns a reader of the bytes from their beginning. Each try of a Put has
// its own, because a request that was given up may still be reading.
func (o Object) Body() io.ReadSeeker {
	body := io.NewSectionReader(o.Bytes, 0, o.Size)
	if o.moved == nil {
		return body
	}
	return &sending{body, o.moved}
}

// An Entry is what is known about a key without reading it.
type Entry struct {
	Key     string
	Size    int64
	Changed time.Time // by the clock of the second level
}

// ErrRefused says that the second level will not do what was asked, however
// often it is asked, because a bucket, a permission or a setting is missing.
var ErrRefused = errors.New("refused")

// ErrDamaged says that the bytes that arrived are not the right ones.
var ErrDamaged = errors.New("damaged")

// Package remote is the second level of a store: a bucket or a folder in which
// many machines keep what they made and find what others did.
//
// It knows keys and bytes, neither nodes nor actions. Keys are the paths of the
// store (blobs/ab/ab12…), with slashes, so a folder that serves as second level
// is read by ls. Nothing that comes from a second level is to be believed:
// whoever asks for bytes knows their SHA-256 and compares.
package remote

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// A Remote keeps bytes by key. Its methods may be called from several goroutines
// and make one try each; see Client.
type Remote interface {
	// Get writes the bytes of key to w. The error wraps fs.ErrNotExist if there are
	// none; w may have got some of the bytes whatever the error.
	Get(ctx context.Context, key string, w io.Writer) error
	// Put gives key the bytes of o, all of them or none. Without overwrite, a key
	// that is there keeps its bytes and the error wraps fs.ErrExist.
	Put(ctx context.Context, key string, o Object, overwrite bool) error
	// Stat returns what List would. The error wraps fs.ErrNotExist for no such key.
	Stat(ctx context.Context, key string) (Entry, error)
	// List yields the keys that begin with prefix in their order, and ends with the
	// first error.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
	// Delete removes keys. One that is not there is no error.
	Delete(ctx context.Context, keys []string) error
	// String names the place for people, without anything secret.
	String() string
}

// An Object is what is put under a key.
type Object struct {
	Body io.ReadSeeker // read from its beginning
	Size int64
	Sum  [32]byte // SHA-256 of the bytes: what arrives and differs is refused
}

// An Entry is what is known of a key without reading it.
type Entry struct {
	Key     string
	Size    int64
	Changed time.Time // by the clock of whoever keeps it
}

// ErrRefused says that the second level will not do what was asked, however
// often it is asked: no such bucket, no permission, a setting that is missing.
var ErrRefused = errors.New("refused")

// ErrDamaged says that bytes arrived and were not what they should be.
var ErrDamaged = errors.New("damaged")

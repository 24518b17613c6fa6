package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// An ActionID names what will be done: the hash of a stage, its code, its
// parameters and the content of its inputs. It never names bytes.
type ActionID [sha256.Size]byte

// A ContentID names bytes: the SHA-256 of a file's content. It never says how
// the bytes came to be.
type ContentID [sha256.Size]byte

// String returns the id as 64 hexadecimal digits.
func (id ActionID) String() string { return hex.EncodeToString(id[:]) }

// String returns the id as 64 hexadecimal digits.
func (id ContentID) String() string { return hex.EncodeToString(id[:]) }

// Short returns the first 12 digits, enough to tell ids apart in messages.
func (id ActionID) Short() string { return id.String()[:12] }

// Short returns the first 12 digits, enough to tell ids apart in messages.
func (id ContentID) Short() string { return id.String()[:12] }

// MarshalText writes the id as hexadecimal digits, for JSON.
func (id ActionID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText writes the id as hexadecimal digits, for JSON.
func (id ContentID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (id *ActionID) UnmarshalText(text []byte) error { return decodeID(id[:], text) }

// UnmarshalText reads what MarshalText writes.
func (id *ContentID) UnmarshalText(text []byte) error { return decodeID(id[:], text) }

// ParseContentID reads the 64 hexadecimal digits of a content id.
func ParseContentID(s string) (ContentID, error) {
	var id ContentID
	return id, id.UnmarshalText([]byte(s))
}

// ParseActionID reads the 64 hexadecimal digits of an action id.
func ParseActionID(s string) (ActionID, error) {
	var id ActionID
	return id, id.UnmarshalText([]byte(s))
}

func decodeID(dst, text []byte) error {
	if len(text) != 2*len(dst) {
		return fmt.Errorf("read id: %d characters, want %d hexadecimal digits", len(text), 2*len(dst))
	}
	if _, err := hex.Decode(dst, text); err != nil {
		return fmt.Errorf("read id: %w", err)
	}
	return nil
}

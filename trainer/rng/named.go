package rng

import (
	"crypto/sha256"
	"encoding/binary"
)

// streamSchema is the version of the key derivation of [Named]. Another
// derivation needs another name, so that old results keep their streams.
const streamSchema = "sparsel/trainer/rng/named/1"

// Named returns the stream that belongs to a seed, a label and, if one label
// needs many streams, an index such as an epoch. Streams of different seeds,
// labels or indices are independent for all practical purposes.
//
// The key is the SHA-256 of, in this order: the schema string and the label,
// each preceded by its length; the seed; the number of indices and each of
// them. All numbers are little-endian uint64. The digest, as eight
// little-endian uint32, seeds MT19937 by init_by_array.
func Named(seed uint32, label string, index ...uint64) *Source {
	var key []byte
	for _, text := range []string{streamSchema, label} {
		key = binary.LittleEndian.AppendUint64(key, uint64(len(text)))
		key = append(key, text...)
	}
	key = binary.LittleEndian.AppendUint64(key, uint64(seed))
	key = binary.LittleEndian.AppendUint64(key, uint64(len(index)))
	for _, x := range index {
		key = binary.LittleEndian.AppendUint64(key, x)
	}
	digest := sha256.Sum256(key)
	var words [sha256.Size / 4]uint32
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(digest[4*i:])
	}
	s := new(Source)
	s.seedWords(words[:])
	return s
}

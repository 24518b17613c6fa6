package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// A sealed line is one line of JSON that carries a checksum of its own data:
//
//	{"sum":"<16 hexadecimal digits>","data":{…}}
//
// The sum is the first 64 bits of the SHA-256 of the bytes of data: short, and
// enough against accidents. The marker cannot occur inside data, where
// quotation marks in strings are always escaped and no object has "sum" as its
// first key.
const (
	sealMarker = `{"sum":"`
	sealMiddle = `","data":`
	sealDigits = 16
)

var errSeal = errors.New("checksum does not match")

// seal encodes v as a sealed line, including the newline.
func seal(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	line := make([]byte, 0, len(data)+len(sealMarker)+len(sealMiddle)+sealDigits+2)
	line = append(line, sealMarker...)
	line = append(line, sealSum(data)...)
	line = append(line, sealMiddle...)
	line = append(line, data...)
	return append(line, '}', '\n'), nil
}

func sealSum(data []byte) string {
	sum := sha256.Sum256(data)
	return sealText(sum[:])
}

func sealText(sum []byte) string { return hex.EncodeToString(sum[:sealDigits/2]) }

// unseal checks a line, without its newline, and decodes its data into v.
func unseal(line []byte, v any) error {
	data, err := unsealed(line)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

// unsealed checks a line, without its newline, and returns its data.
func unsealed(line []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(line, []byte(sealMarker))
	if !ok || len(rest) < sealDigits+len(sealMiddle)+1 {
		return nil, errors.New("not a sealed line")
	}
	sum, rest := rest[:sealDigits], rest[sealDigits:]
	rest, ok = bytes.CutPrefix(rest, []byte(sealMiddle))
	if !ok || len(rest) == 0 || rest[len(rest)-1] != '}' {
		return nil, errors.New("not a sealed line")
	}
	data := rest[:len(rest)-1]
	if string(sum) != sealSum(data) {
		return nil, errSeal
	}
	return data, nil
}

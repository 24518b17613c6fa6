package canon

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// UnmarshalJSON reads a field from JSON and restores the bytes for the hash
// from its kind and its value for people, so that a hash can be computed again
// from a description of what went into it. It rejects a value that is not of
// its kind.
func (f *Field) UnmarshalJSON(text []byte) error {
	type plain Field
	if err := json.Unmarshal(text, (*plain)(f)); err != nil {
		return err
	}
	b, err := restore(f.Kind, f.Value)
	if err != nil {
		return fmt.Errorf("field %s: %s %s: %w", f.Name, f.Kind, f.Value, err)
	}
	f.bytes = b
	return nil
}

func restore(kind Kind, value string) ([]byte, error) {
	switch kind {
	case KindBool:
		_, err := strconv.ParseBool(value)
		return []byte(value), err
	case KindInt:
		v, err := strconv.ParseInt(value, 10, 64)
		return binary.BigEndian.AppendUint64(nil, uint64(v)), err
	case KindUint, KindLen:
		v, err := strconv.ParseUint(value, 10, 64)
		return binary.BigEndian.AppendUint64(nil, v), err
	case KindFloat32:
		v, err := strconv.ParseFloat(value, 32)
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(v))), err
	case KindFloat64:
		v, err := strconv.ParseFloat(value, 64)
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), err
	case KindString:
		v, err := strconv.Unquote(value)
		return []byte(v), err
	case KindBytes:
		return hex.DecodeString(value)
	case KindEmpty, KindNil:
		return nil, nil
	}
	return nil, fmt.Errorf("no field is of this kind")
}

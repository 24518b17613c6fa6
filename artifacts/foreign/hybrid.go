package foreign

import (
	"encoding/binary"
	"errors"
)

// hybrid decodes Parquet's mixture of run lengths and packed bits, which is
// used for levels and dictionary indices. A varint h is followed by one value
// that counts h/2 times if h is even, and by h/2 groups of eight packed values
// if h is odd.
type hybrid struct {
	data  []byte
	width uint // bits per value, at most 32

	value  uint32 // value of the run
	run    int
	packed []byte // the groups, and how many of their values are left
	bit    uint
	left   int
}

var errLevels = errors.New("the page ends within its levels or indices")

// decode fills dst.
func (h *hybrid) decode(dst []uint32) error {
	for len(dst) > 0 {
		switch {
		case h.run > 0:
			n := min(h.run, len(dst))
			for i := range dst[:n] {
				dst[i] = h.value
			}
			h.run, dst = h.run-n, dst[n:]
		case h.left > 0:
			n := min(h.left, len(dst))
			h.unpack(dst[:n])
			h.left, dst = h.left-n, dst[n:]
		default:
			if err := h.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// next reads the head of a run or of groups.
func (h *hybrid) next() error {
	n, size := binary.Uvarint(h.data)
	if size <= 0 || n>>1 == 0 || n>>1 > 1<<31 {
		return errLevels
	}
	h.data = h.data[size:]
	if n&1 == 0 {
		bytes := int(h.width+7) / 8
		if bytes > len(h.data) {
			return errLevels
		}
		var word [4]byte
		copy(word[:], h.data[:bytes])
		h.value, h.run, h.data = binary.LittleEndian.Uint32(word[:]), int(n>>1), h.data[bytes:]
		return nil
	}
	bytes := int(n>>1) * int(h.width)
	if bytes > len(h.data) {
		// Some writers leave out the end of the last group. Only whole values count.
		bytes = len(h.data)
	}
	h.packed, h.bit, h.data = h.data[:bytes], 0, h.data[bytes:]
	h.left = 8 * int(n>>1)
	if h.width > 0 {
		h.left = min(h.left, 8*bytes/int(h.width))
	}
	if h.left == 0 {
		return errLevels
	}
	return nil
}

// unpack takes values, starting from the lowest bit.
func (h *hybrid) unpack(dst []uint32) {
	mask := uint64(1)<<h.width - 1
	for i := range dst {
		from := h.packed[min(int(h.bit/8), len(h.packed)):]
		var word uint64
		if len(from) >= 8 {
			word = binary.LittleEndian.Uint64(from)
		} else {
			var padded [8]byte
			copy(padded[:], from)
			word = binary.LittleEndian.Uint64(padded[:])
		}
		dst[i] = uint32(word >> (h.bit % 8) & mask)
		h.bit += h.width
	}
}

package rng

// MT19937 constants (Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS
// 8(1), 1998, table II).
const (
	size    = 624        // n, words of state
	middle  = 397        // m, offset of the word mixed in
	matrix  = 0x9908b0df // a, last row of the twist matrix
	upper   = 0x80000000 // the one bit taken from a word
	lower   = 0x7fffffff // the 31 bits taken from the next word
	seedMul = 1812433253 // f, multiplier of init_genrand
)

// A Source is an MT19937 generator. It is not safe for concurrent use, and
// its zero value has not been seeded: call [New] or [Named].
type Source struct {
	state  [size]uint32
	next   int    // index in state of the next output; if it equals size, regenerate first
	blocks uint64 // regenerations so far
}

// New returns a generator seeded by init_genrand, as torch.manual_seed and
// numpy.random.seed do for seeds below 2³².
func New(seed uint32) *Source {
	s := new(Source)
	s.seed(seed)
	return s
}

// seed is init_genrand of the reference implementation.
func (s *Source) seed(seed uint32) {
	s.state[0] = seed
	for i := 1; i < size; i++ {
		prev := s.state[i-1]
		s.state[i] = seedMul*(prev^prev>>30) + uint32(i)
	}
	s.next = size
}

// seedWords is init_by_array of the reference implementation (2002), which
// spreads a key of any positive length over the whole state.
func (s *Source) seedWords(key []uint32) {
	s.seed(19650218)
	st := &s.state
	i := 1
	for k := range max(size, len(key)) {
		j := k % len(key)
		st[i] = (st[i] ^ (st[i-1]^st[i-1]>>30)*1664525) + key[j] + uint32(j)
		if i++; i == size {
			st[0] = st[size-1]
			i = 1
		}
	}
	for range size - 1 {
		st[i] = (st[i] ^ (st[i-1]^st[i-1]>>30)*1566083941) - uint32(i)
		if i++; i == size {
			st[0] = st[size-1]
			i = 1
		}
	}
	st[0] = upper
	s.next = size
}

// Uint32 returns the next output.
func (s *Source) Uint32() uint32 {
	if s.next == size {
		s.regenerate()
	}
	y := s.state[s.next]
	s.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// Skip discards the next n outputs. It regenerates whole blocks without
// computing their outputs, which takes about two nanoseconds per output. The
// longest recorded session, 300 million draws, is skipped in less than a
// second.
func (s *Source) Skip(n uint64) {
	for left := uint64(size - s.next); n > left; left = size {
		n -= left
		s.regenerate()
	}
	s.next += int(n)
}

// Taken returns how many outputs have been drawn or skipped since the source
// was seeded.
func (s *Source) Taken() uint64 { return s.blocks*size + uint64(s.next) - size }

// regenerate replaces the state by the next 624 words. Each word depends on
// itself, its successor and the word middle places later, so the loop is split
// where one of the two wraps around.
func (s *Source) regenerate() {
	st := &s.state
	first := st[:size-middle+1]
	ahead := st[middle:]
	for i := range ahead {
		st[i] = ahead[i] ^ twist(first[i], first[i+1])
	}
	rest := st[size-middle:]
	for i := range len(rest) - 1 {
		rest[i] = st[i] ^ twist(rest[i], rest[i+1])
	}
	st[size-1] = st[middle-1] ^ twist(st[size-1], st[0])
	s.next = 0
	s.blocks++
}

// twist joins the upper bit of one word and the lower bits of the next and
// multiplies them by the twist matrix.
func twist(high, low uint32) uint32 {
	return (high&upper|low&lower)>>1 ^ -(low&1)&matrix
}

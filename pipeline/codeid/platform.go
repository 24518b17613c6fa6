package codeid

import (
	"path/filepath"
	"slices"
	"strings"
)

// knownOS and knownArch are the names, past, present and reserved, that
// constrain a file if they end its name; see "go help buildconstraint" and
// internal/syslist in the Go tree. If a name is missing here, a rename may go
// unnoticed, but nothing worse happens.
var (
	knownOS = strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux
		nacl netbsd openbsd plan9 solaris wasip1 windows zos`)
	knownArch = strings.Fields(`386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle
		mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x
		sparc sparc64 wasm`)
)

// constraintSuffix returns the part of a file name that is a build constraint:
// "linux_arm64" of "gemm_linux_arm64.s", "" of "gemm.go".
func constraintSuffix(name string) string {
	base := strings.TrimSuffix(name, filepath.Ext(name))
	parts := strings.Split(base, "_")[1:] // "linux.go" is unconstrained
	n := len(parts)
	switch {
	case n >= 2 && slices.Contains(knownOS, parts[n-2]) && slices.Contains(knownArch, parts[n-1]):
		return parts[n-2] + "_" + parts[n-1]
	case n >= 1 && (slices.Contains(knownOS, parts[n-1]) || slices.Contains(knownArch, parts[n-1])):
		return parts[n-1]
	}
	return ""
}

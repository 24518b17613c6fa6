package codeid

// An Identity is the code of one root package, reduced to what can change its
// behaviour.
type Identity struct {
	ID       [32]byte          `json:"id"`
	Go       string            `json:"go"`       // version of the Go toolchain
	Packages map[string]string `json:"packages"` // import path → hash, this module
	Modules  map[string]string `json:"modules"`  // module path → version, external
}

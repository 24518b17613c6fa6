package store

// A Store is a directory of content-addressed files, action records and a
// journal.
type Store struct{ dir string }

// Open names the store at dir without creating or writing anything.
func Open(dir string) (*Store, error) { return &Store{dir: dir}, nil }

package disk

// Sync makes what was created, renamed and removed in a directory durable.
func (d Disk) Sync(dir string) error { return d.syncDir(dir) }

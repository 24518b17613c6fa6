package store

// Collected says that gc is about to remove the record of an action: that it
// is gone is no damage.
const Collected EventKind = "collected"

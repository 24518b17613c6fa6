package pipeline

// AsMachine makes this process call itself another machine, and returns how to
// end that.
func AsMachine(host string) (end func()) {
	before := thisMachine
	thisMachine = func() map[string]string { return map[string]string{"host": host, "cpu": "Z80"} }
	return func() { thisMachine = before }
}

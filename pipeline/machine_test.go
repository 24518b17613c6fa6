package pipeline

// AsMachine makes this process call itself another machine. The function that
// it returns ends that.
func AsMachine(host string) (end func()) {
	before := thisMachine
	thisMachine = func() map[string]string { return map[string]string{"host": host, "cpu": "Z80"} }
	return func() { thisMachine = before }
}

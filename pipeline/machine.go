package pipeline

import (
	"os"
	"strings"
	"sync"
)

// thisMachine describes the machine, for the case that two machines disagree.
var thisMachine = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	if host, err := os.Hostname(); err == nil {
		m["host"] = host
	}
	text, err := os.ReadFile("/proc/cpuinfo") // Linux only; elsewhere the host name must do
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) == "model name" {
			m["cpu"] = strings.TrimSpace(value)
			break
		}
	}
	return m
})

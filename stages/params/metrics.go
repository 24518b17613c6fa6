package params

import "sparsel/stages/quantity"

// MetricNames lists the metrics that figures and tables may show.
var MetricNames = func() []string {
	var names []string
	for _, m := range quantity.All() {
		names = append(names, m.Name)
	}
	return names
}()

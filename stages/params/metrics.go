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

// checkMetric refuses what is no metric, and the share of networks that learnt
// where its limit has no meaning. The limit is made for ten classes, of which
// chance gets a tenth right; with two it could be reached by a network that
// tells nothing apart.
func (p *Params) checkMetric(d *document, path, name string) {
	choice(d, path, name, MetricNames...)
	if name == "learnt" && !p.Decidable() && !d.refused("data.classes") {
		d.report(path, "is \"learnt\", the share of networks with an accuracy above %g, a limit made for %d classes, and %s has %d; "+
			"show the accuracy itself", quantity.Learnt, MNIST.Classes, p.dataset.Name, p.dataset.Classes)
	}
}

package params

// Undefined says why the runs of a use cannot have a metric at an epoch. It is
// empty if they can. A table of each experiment has such metrics, which other
// experiments have.
func (p *Params) Undefined(u Use, metric string, epoch int) string {
	if why := p.lacks(u, metric, epoch, epoch); why != "" {
		return why
	}
	return undefined(u, metric, epoch)
}

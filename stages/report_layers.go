package stages

import (
	"context"
	"fmt"
	"slices"

	"sparsel/analysis/claim"
	"sparsel/pipeline"
	"sparsel/stages/finding"
	"sparsel/stages/finding/fixed"
	"sparsel/stages/params"
	"sparsel/stages/report"
	"sparsel/stages/study"
	"sparsel/stages/train"
)

// plan describes what a study trains.
func plan(s *study.Study) report.Plan {
	var p report.Plan
	_, uses := s.Params.Expand()
	for _, u := range uses {
		if !slices.Contains(p.Optimizers, u.Optimizer) {
			p.Optimizers = append(p.Optimizers, u.Optimizer)
		}
		if !slices.Contains(p.Seeds, u.Seed) {
			p.Seeds = append(p.Seeds, u.Seed)
		}
		if u.Run.Config.Updates > 0 { // its epochs say how often it is measured
			continue
		}
		epochs := u.Run.Config.Epochs
		p.LongestRun = max(p.LongestRun, epochs)
		if p.ShortestRun == 0 || epochs < p.ShortestRun {
			p.ShortestRun = epochs
		}
	}
	for _, n := range s.Graph.Nodes() {
		if t, ok := n.Params.(train.Params); ok {
			p.Images, p.TrainFirst, p.TestFirst = t.Data, t.TrainFirst, t.TestFirst
			break
		}
	}
	if d := s.Params.Dataset(); d.Own() {
		p.Data = fmt.Sprintf("%s, %d images of %d×%d pixels in %d classes", d.Name, d.Train, d.Side, d.Side, d.Classes)
	}
	return p
}

// addFixed says which commit fixed the page's claims, and how they and their
// judging were changed since then.
func (c *collector) addFixed() error {
	changes, err := fixed.Changes()
	if err != nil {
		return err
	}
	others := finding.FurtherClaims()
	c.report.Fixed.Commit = fixed.Commit
	if c.report.Further {
		others = finding.Claims()
		c.report.Fixed.Commit = fixed.FurtherCommit
	}
	for _, f := range changes {
		if slices.ContainsFunc(others, func(o claim.Claim) bool { return o.ID == f.ID }) {
			continue
		}
		c.report.Fixed.Changes = append(c.report.Fixed.Changes, report.Change{ID: f.ID, Added: f.Added, Why: f.Why, Before: f.Before, After: f.After})
	}
	return nil
}

// addLayers adds the verdicts of both layers: those of this study, and those
// that the store has from a profile of the other layer.
func (c *collector) addLayers(ctx context.Context) error {
	for _, name := range []string{finding.Reproduces, finding.Holds} {
		l := report.Layer{Name: name, Here: name == c.report.Layer}
		if l.Here {
			l.Command, l.Findings = c.o.command("all"), c.report.Findings
		} else if err := c.addOther(ctx, &l); err != nil {
			return err
		}
		c.report.Layers = append(c.report.Layers, l)
	}
	return nil
}

// addOther fills a layer with what the store has from the first profile that
// belongs to it.
func (c *collector) addOther(ctx context.Context, l *report.Layer) error {
	for _, profile := range c.Profiles() {
		p, err := params.Parse(c.setup.Params, []byte(c.setup.Text), profile, c.setup.Set...)
		if err != nil {
			return err
		}
		if finding.LayerOf(p.Repeats(), p.Study.Seeding, p.Study.Seeds) != l.Name {
			continue
		}
		setup := c.setup
		setup.Profile, setup.Checked = profile, true
		other, err := setup.Study()
		if err != nil {
			return err
		}
		if other.Layer != l.Name {
			continue
		}
		l.Command = c.o.withProfile(profile).command("all")
		l.Findings, err = c.findingsOf(ctx, other)
		return err
	}
	return nil
}

// findingsOf lists the findings of a study. Those that are not current, or cannot
// be read, are undecided.
func (c *collector) findingsOf(ctx context.Context, s *study.Study) ([]report.Finding, error) {
	ids, targets := map[string]string{}, []string{}
	for id, n := range s.Findings {
		ids[n.Name], targets = id, append(targets, n.Name)
	}
	if len(targets) == 0 {
		return nil, nil
	}
	slices.Sort(targets)
	status, err := c.engine.Known(ctx, s.Graph, targets)
	if err != nil {
		return nil, err
	}
	var list []report.Finding
	for _, n := range status.Nodes {
		id, ok := ids[n.Name]
		if !ok {
			continue
		}
		f := report.Finding{Item: report.Item{ID: id}, Result: undecided(id)}
		if n.State == pipeline.Current {
			if read, err := c.finding(ctx, report.Item{ID: id, Current: true}, n); err == nil {
				f = read
			}
		}
		list = append(list, f)
	}
	return list, nil
}

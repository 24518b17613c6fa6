package params

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sparsel/analysis/chart"
	"sparsel/analysis/tabulate"
	"sparsel/stages/nearest"
	"sparsel/trainer"
)

var (
	nameRule = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)
	// styleValue matches the beginning of a message of package chart about one
	// number of a style.
	styleValue = regexp.MustCompile(`^style: ([a-z ]+) [-+0-9.]`)
	colorRule  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// check reports every value that has the right type but cannot be meant.
func (p *Params) check(d *document) {
	p.checkDataset(d) // comes first because many other limits depend on it
	p.checkStudy(d)
	p.checkData(d)
	p.checkOptimizers(d)
	p.checkBaseline(d)
	checkEpsilon(d, "metrics.ccmas_epsilon", p.Metrics.CCMASEpsilon)
	p.checkExperiments(d)
	p.checkFigures(d)
	p.checkTables(d)
	p.checkStyle(d)
	p.checkProfiles(d)
	p.checkSessions(d)
	p.checkOwn(d)
	p.checkTexts(d)
}

// checkExpanded reports mistakes that only the conditions and their runs
// reveal.
func (p *Params) checkExpanded(d *document) {
	uses := p.expand(d)
	if len(d.problems) == 0 {
		p.checkUses(d, uses)
	}
	if len(d.problems) == 0 {
		p.checkShown(d, uses)
		p.checkTabled(d, uses)
	}
	if len(d.problems) == 0 {
		p.checkRecorded(d, uses)
	}
}

// indexed returns the path of a list's element.
func indexed(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// braced matches a placeholder for a parameter's value in a condition's name.
var braced = regexp.MustCompile(`\{[^}]*\}`)

// checkCell refuses names that a spreadsheet would take for a formula, because
// the tidy table is made for spreadsheets. All other tables change such names,
// and one name must be written in one way. A placeholder may stand for any
// number, so conditions are checked again when they are expanded.
func checkCell(d *document, path, text string) {
	if filled := braced.ReplaceAllString(text, "1"); tabulate.Cell(filled) != filled {
		d.report(path, "is %q, must not begin with = + - or @", text)
	}
}

// withoutUser removes anything that could be a name and password from a text
// that stands in place of a URL.
func withoutUser(text string) string {
	if at := strings.LastIndexByte(text, '@'); at >= 0 && strings.Contains(text, ":") {
		return "…" + text[at:]
	}
	return text
}

func choice(d *document, path, value string, choices ...string) {
	switch {
	case len(choices) == 0:
		d.report(path, "is %q, but there are none to choose from", value)
	case !slices.Contains(choices, value):
		d.report(path, "is %q, must be one of %s%s", value, strings.Join(choices, ", "), nearest.Hint(value, choices))
	}
}

func between[T int | float64](d *document, path string, value, low, high T) {
	if value < low || value > high {
		d.report(path, "is %v, must lie between %v and %v", value, low, high)
	}
}

func checkEpsilon(d *document, path string, v float64) {
	if !(v >= 0 && v < 1) {
		d.report(path, "is %v, must lie in [0, 1)", v)
	}
}

func (p *Params) checkStudy(d *document) {
	s := p.Study
	checkSeeds(d, "study.seeds", s.Seeds)
	if len(s.Seeds) == 0 {
		d.report("study.seeds", "is empty; name at least one seed")
	}
	p.checkOptimizerNames(d, "study", s.Optimizers)
	choice(d, "study.seeding", s.Seeding, "author", "paired")
	choice(d, "study.on_failed_run", s.OnFailedRun, "refuse", "show")
	checkKeepArchives(d, "study.keep_archives", s.KeepArchives, p.usesSeed, "study or of an experiment")
	if d.has("study.train_images") {
		between(d, "study.train_images", s.TrainImages, 1, p.dataset.Train)
	}
	if d.has("study.test_images") {
		between(d, "study.test_images", s.TestImages, 1, p.dataset.Test)
	}
	switch archive := s.Archive.(type) {
	case string:
		choice(d, "study.archive", archive, "last", "all")
	case []any:
		if len(archive) == 0 {
			d.report("study.archive", "is empty; name at least one epoch")
		}
		for i, v := range archive {
			at := fmt.Sprintf("study.archive[%d]", i)
			if epoch, ok := v.(int64); !ok || epoch < 1 {
				d.report(at, "is %s, must be an epoch, 1 or more", kindOf(v))
			} else if slices.Contains(archive[:i], v) {
				d.report(at, "is %d for the second time", epoch)
			}
		}
	default:
		d.report("study.archive", "is %s, must be \"last\", \"all\" or a list of epochs", kindOf(s.Archive))
	}
}

// checkKeepArchives checks the form of the setting. It refuses a seed that is
// not there, because it would keep nothing.
func checkKeepArchives(d *document, path string, setting any, has func(seed uint32) bool, where string) {
	switch keep := setting.(type) {
	case nil:
	case string:
		choice(d, path, keep, "all", "none")
	case []any:
		for i, v := range keep {
			at := fmt.Sprintf("%s[%d]", path, i)
			seed, ok := v.(int64)
			switch {
			case !ok || seed < 0 || seed > math.MaxUint32:
				d.report(at, "is %s, must be a seed", kindOf(v))
			case slices.Contains(keep[:i], v):
				d.report(at, "is %d for the second time", seed)
			case !has(uint32(seed)):
				d.report(at, "is %d, which is no seed of the %s", seed, where)
			}
		}
	default:
		d.report(path, "is %s, must be \"all\", \"none\" or a list of seeds", kindOf(keep))
	}
}

func (p *Params) usesSeed(seed uint32) bool {
	return slices.Contains(p.Study.Seeds, seed) ||
		slices.ContainsFunc(p.Experiments, func(e Experiment) bool { return slices.Contains(e.Seeds, seed) })
}

// KeepsArchive reports whether the activations of a run with this seed are kept
// after its metrics are current.
func (p *Params) KeepsArchive(seed uint32) bool {
	switch keep := p.Study.KeepArchives.(type) {
	case string:
		return keep == "all"
	case []any:
		return slices.Contains(keep, any(int64(seed)))
	}
	return true
}

func checkSeeds(d *document, path string, seeds []uint32) {
	seen := make(map[uint32]bool, len(seeds))
	for i, seed := range seeds {
		if seen[seed] {
			d.report(fmt.Sprintf("%s[%d]", path, i), "is %d for the second time", seed)
		}
		seen[seed] = true
	}
}

func (p *Params) checkData(d *document) {
	for i, m := range p.Data.Mirrors {
		path := fmt.Sprintf("data.mirrors[%d]", i)
		switch u, err := url.Parse(m); {
		case err != nil || u.Host == "" || u.Scheme != "https" || u.Hostname() == "":
			d.report(path, "is %q, must be an https:// URL of a folder", withoutUser(m))
		case u.User != nil || strings.Contains(u.Host, "@"):
			d.report(path, "is %q, must have no name and password: they would be published with the parameters", withoutUser(m))
		case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(m, "#"):
			d.report(path, "is %q, must have no query and no fragment: names of files are added to it", withoutUser(m))
		}
	}
	for i, dir := range p.Data.Directories {
		if dir == "" {
			d.report(fmt.Sprintf("data.directories[%d]", i), "is empty")
		}
	}
}

func (p *Params) checkOptimizers(d *document) {
	for _, name := range sortedKeys(p.Optimizers) {
		path, values := join("optimizers", name), p.Optimizers[name]
		known := trainer.Hyper(name)
		if known == nil {
			d.report(path, "is not an optimizer; known are %s%s", strings.Join(trainer.Optimizers(), ", "),
				nearest.Hint(name, trainer.Optimizers()))
			continue
		}
		for _, h := range known {
			if _, given := values[h.Name]; !given && !h.Optional {
				d.report(join(path, h.Name), "is missing")
			}
		}
		for _, key := range sortedKeys(values) {
			h, belongs := hyper(name, key)
			if !belongs {
				d.report(join(path, key), "does not belong to %s, which has %s", name, hyperNames(name))
			} else if err := checkConstant(h, values[key]); err != nil {
				d.report(join(path, key), "%v", err)
			}
		}
	}
}

// required lists the settings that every baseline must have.
var required = []string{"hidden", "activation", "sampler", "batch", "epochs"}

func (p *Params) checkBaseline(d *document) {
	for _, name := range required {
		if _, given := p.Baseline[name]; !given {
			d.report("baseline."+name, "is missing")
		}
	}
	before := len(d.problems)
	var names []string
	for _, s := range allSettings() {
		if slices.ContainsFunc(settings, func(other Setting) bool { return other.Name == s.Name }) {
			names = append(names, s.Name)
		}
	}
	for _, name := range sortedKeys(p.Baseline) {
		c := trainer.Config{Network: trainer.Network{Hidden: []int{1}}}
		if !slices.Contains(names, name) {
			d.report(join("baseline", name), "is not a setting of every run; those are %s%s", strings.Join(names, ", "), nearest.Hint(name, names))
		} else if name == "width" || name == "depth" {
			d.report("baseline."+name, "is in hidden already: give the width of each layer there")
		} else if err := apply(&c, name, p.Baseline[name], p.dataset); err != nil {
			d.report("baseline."+name, "%v", err)
		}
	}
	if len(d.problems) > before {
		return
	}
	for _, optimizer := range sortedKeys(p.Optimizers) {
		c := p.BaselineRun(optimizer)
		c.Seeding.Mode = "paired"
		if err := c.Validate(); err != nil && !d.refused("optimizers") && !d.refused("baseline") {
			d.report("baseline", "with %s: %s", optimizer, strings.ReplaceAll(err.Error(), "\n", " "))
		} else if misfit := p.misfit(c); err == nil && misfit != "" {
			d.report("baseline", "%s", misfit)
		}
	}
}

func (p *Params) checkOptimizerNames(d *document, path string, names []string) {
	if len(names) == 0 {
		d.report(path+".optimizers", "is empty; name at least one")
	}
	seen := map[string]bool{}
	for k, name := range names {
		at := fmt.Sprintf("%s.optimizers[%d]", path, k)
		if _, ok := p.Optimizers[name]; !ok {
			d.report(at, "is %q, which has no [optimizers.%s]%s", name, name, nearest.Hint(name, sortedKeys(p.Optimizers)))
		}
		if seen[name] {
			d.report(at, "is %q for the second time", name)
		}
		seen[name] = true
	}
}

func (p *Params) checkExperiments(d *document) {
	for _, e := range p.Experiments {
		path := e.path
		if !nameRule.MatchString(e.Name) {
			d.report(e.owner+".name", "is %q, must consist of letters, digits and _ . + -", e.Name)
		} else if len(e.Name) > maxName {
			d.report(e.owner+".name", "has %d letters, must have at most %d", len(e.Name), maxName)
		}
		if e.Condition == "" {
			d.report(path+".condition", "is missing or empty")
		}
		checkCell(d, path+".condition", e.Condition)
		checkCell(d, path+".tidy", e.Tidy)
		p.checkOptimizerNames(d, path, e.Optimizers)
		checkSeeds(d, e.owner+".seeds", e.Seeds)
		for i, seed := range e.Seeds {
			if !slices.Contains(p.Study.Seeds, seed) {
				d.report(indexed(e.owner+".seeds", i), "is %d, which study.seeds does not have", seed)
			}
		}
		if e.Seeding != "" {
			choice(d, path+".seeding", e.Seeding, "author", "paired")
		}
		if e.Like != "" && (e.Seeding != "" || len(e.sets) > 0 || e.Vary != nil) {
			d.report(path+".like", "takes the runs of %q as they are; take seeding, set and vary away", e.Like)
		}
		if experiment, condition, _ := strings.Cut(e.Like, "/"); e.Like != "" &&
			(experiment == "" || strings.Contains(experiment, "*") || condition == "" || strings.Count(condition, "*") > 1) {
			d.report(path+".like", "is %q, must be EXPERIMENT/CONDITION with at most one *, in the condition", e.Like)
		}
		if e.Along != "" {
			choice(d, path+".along", e.Along, Alongs()...)
			if e.Value != nil {
				d.report(path+".value", "is given, and along says what it is; take one of them away")
			}
			if e.Column != "" {
				checkColumn(d, path+".column", e.Column, "the formula "+e.Along)
			}
		} else if (e.Column == "") != (e.Value == nil) || e.Column != "" && e.Vary != nil {
			d.report(path, "column and value belong together, and stand where nothing varies")
		}
		if e.CCMASEpsilon != nil {
			checkEpsilon(d, path+".ccmas_epsilon", *e.CCMASEpsilon)
		}
		if e.Tidy != "" {
			checkName(d, path+".tidy", e.Tidy)
		}
		if e.Column != "" {
			checkName(d, path+".column", e.Column)
			checkCell(d, path+".column", e.Column)
		}
		for k, v := range e.Vary {
			at := indexed(path+".vary", k)
			if v.Column != "" {
				checkName(d, at+".column", v.Column)
				checkCell(d, at+".column", v.Column)
				checkColumn(d, at+".column", v.Column, v.Parameter)
			}
			if (len(v.Values) > 0) == (v.Logspace != nil) {
				d.report(at, "needs either values or logspace")
			}
			if !strings.Contains(e.Condition, "{"+v.Parameter+"}") {
				d.report(path+".condition", "is %q, must hold {%s} so that each value has a name of its own", e.Condition, v.Parameter)
			}
			if slices.ContainsFunc(e.Vary[:k], func(other Vary) bool { return other.Parameter == v.Parameter }) {
				d.report(at+".parameter", "is %q for the second time", v.Parameter)
			}
			if v.Logspace != nil && v.Logspace.Count < 2 {
				d.report(at+".logspace.count", "is %d, must be 2 or more", v.Logspace.Count)
			}
		}
	}
}

// checkShown refuses figures and archives that need something no run has.
func (p *Params) checkShown(d *document, uses []Use) {
	if p.Profile != nil { // archives are set by the study and limited by what shorter runs have
		defer func(archive any) { p.Study.Archive = archive }(p.Study.Archive)
		p.Study.Archive = "last"
	}
	epochs := 0
	for _, u := range uses {
		epochs = max(epochs, u.Run.Config.Epochs)
	}
	p.checkShownFigures(d, uses)
	list, _ := p.Study.Archive.([]any)
	for i, v := range list {
		if epoch := v.(int64); epoch > int64(epochs) {
			d.report(fmt.Sprintf("study.archive[%d]", i), "is %d, no run has more than %d epochs", epoch, epochs)
		}
	}
}

// once refuses a name that is in a list twice.
func once(d *document, path, name string, before []string) {
	if slices.Contains(before, name) {
		d.report(path, "is %q for the second time", name)
	}
}

func (p *Params) experimentNames() []string {
	var names []string
	for _, e := range p.Experiments {
		if !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	return names
}

// maxID is the largest number of letters in an id. File systems allow 255 in a
// name. The name of a published file is longer than the id, and longer still
// while the file is being written.
const maxID = 100

// checkID checks that an id can be part of a file name and is used only once.
func checkID(d *document, path, id string, ids *[]string) {
	if !nameRule.MatchString(id) {
		d.report(path+".id", "is %q, must consist of letters, digits and _ . + -", id)
	} else if len(id) > maxID {
		d.report(path+".id", "has %d letters, must have at most %d to be part of the names of files", len(id), maxID)
	}
	if i := slices.IndexFunc(*ids, func(other string) bool { return strings.EqualFold(other, id) }); i >= 0 { // file systems may ignore case
		again := ""
		if (*ids)[i] != id {
			again = fmt.Sprintf(", as %q but for capital letters", (*ids)[i])
		}
		d.report(path+".id", "is %q for the second time%s", id, again)
	}
	*ids = append(*ids, id)
}

// checkStyle reports the part of the style that is wrong. Package chart knows
// what can be drawn.
func (p *Params) checkStyle(d *document) {
	standard := chart.DefaultStyle().Roles
	for _, name := range sortedKeys(p.Style.Roles) {
		if _, ok := standard[name]; !ok && !slices.Contains(DisplayOrder, name) {
			d.report(join("style.roles", name), "names nothing that is drawn; roles are %s and the optimizers",
				strings.Join(sortedKeys(standard), ", "))
			continue
		}
		only := p.Style
		only.Roles = map[string]chart.Role{name: p.Style.Roles[name]}
		if color := only.Roles[name].Color; !colorRule.MatchString(color) {
			d.report(join("style.roles", name)+".color", "is %q, must be a colour as #rrggbb", color)
		} else if err := only.Validate(); err != nil && strings.Contains(err.Error(), "role") {
			d.report(join("style.roles", name), "%v", err)
		}
	}
	plain := p.Style
	plain.Roles = nil
	if err := plain.Validate(); err != nil {
		path := "style"
		if m := styleValue.FindStringSubmatch(err.Error()); m != nil {
			path += "." + strings.ReplaceAll(m[1], " ", "_")
		}
		d.report(path, "%v", err)
	}
	for _, name := range sortedKeys(p.Optimizers) {
		if _, ok := p.Style.Roles[name]; !ok {
			d.report(join("optimizers", name), "has no style to be drawn with: add %s with a color, and a dash and a marker if you like",
				join("style.roles", name))
		}
	}
}

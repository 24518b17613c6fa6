package params

import (
	"fmt"

	"sparsel/trainer"
)

// The tidy table gives the value of what varies under the name of a column. A
// column that has the name of a setting must have that setting's values, or
// the table would say of a run what the run does not have. Other names are
// free.

// checkColumn refuses the name of one setting for the values of another, or of
// a formula.
func checkColumn(d *document, path, column, of string) {
	if s, named := columnSetting(column); named && s.Name != of {
		d.report(path, "is %q, the name of the setting %s, and the column holds values of %s; choose another", column, s.Name, of)
	}
}

// misnamed says why the number that the file gives for a setting's column is
// not what a run has. It is empty if it is.
func (c condition) misnamed(config trainer.Config, d Dataset) string {
	for _, v := range c.varied {
		s, named := columnSetting(v.Column)
		if v.Setting != "" || !named || Equal(s.get(config), v.Value) {
			continue
		}
		again := config
		if s.give(&again, v.Value, d) && Identity(again) == Identity(config) {
			continue
		}
		has := "has none"
		if value := s.get(config); value != nil {
			has = "has " + format(value)
		}
		return fmt.Sprintf("is %s, but %s is a setting, and %s with %s %s; give the value that it has, or choose another column",
			format(v.Value), v.Column, c.name, config.Optimizer.Name, has)
	}
	return ""
}

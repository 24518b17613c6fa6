// Package commandline checks a whole command line against the targets that the
// magefile declares, before any of it runs.
//
// Mage itself reads one target after the other. It takes what follows a
// target's flags for the next target, and only finds out that there is no such
// target after the first one has run. So `figure 5.1 5.2 -dryrun` would draw
// figure 5.1 for real. Here a command line is one target with its ids and
// flags. Everything else is an error that says what to write instead.
package commandline

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"sparsel/stages/nearest"
)

// A Target is a target of the magefile.
type Target struct {
	Name string
	// ID says what the target is about, such as "id" or "file", and is empty if
	// the target takes nothing. If Several is set there may be more than one,
	// and the target receives them as one argument, separated by commas.
	ID       string
	Several  bool
	Optional bool // the id may be left out, and the target then receives an empty one
	Flags    []Flag
}

// A Flag is an optional parameter of a target.
type Flag struct {
	Name string
	Type string // "string", "int" or "bool"
	Doc  string // its meaning and its default
	// Repeats says that the flag may be given more than once, as its
	// documentation says at its end. The target receives the values as the
	// lines of one text.
	Repeats bool
}

// The end of the documentation of a flag or an id says how often it may be
// given.
const (
	repeats  = "may be repeated"
	optional = "none for all"
)

// Targets parses a magefile. A parameter that is a pointer is a flag, and the
// comment behind it is its documentation. A single string is the id. If its
// name is a plural, there may be several.
func Targets(magefile []byte) ([]Target, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "magefile.go", magefile, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	comments := map[int]string{} // by line
	for _, group := range f.Comments {
		comments[fset.Position(group.Pos()).Line] = strings.TrimSpace(group.Text())
	}
	var list []Target
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !fn.Name.IsExported() {
			continue
		}
		t := Target{Name: strings.ToLower(fn.Name.Name)}
		for _, field := range fn.Type.Params.List {
			for _, name := range field.Names {
				doc := comments[fset.Position(name.Pos()).Line]
				switch kind := field.Type.(type) {
				case *ast.StarExpr:
					t.Flags = append(t.Flags, Flag{name.Name, kind.X.(*ast.Ident).Name, doc, strings.HasSuffix(doc, repeats)})
				case *ast.Ident:
					t.ID, t.Several = strings.TrimSuffix(name.Name, "s"), strings.HasSuffix(name.Name, "s")
					t.Optional = strings.HasSuffix(doc, optional)
				}
			}
		}
		list = append(list, t)
	}
	return list, nil
}

// mageFlags are flags of Mage itself that a compiled program takes as well.
var mageFlags = []string{"-v", "-l", "-h", "-t"}

// Judge returns the arguments in the form that Mage expects: the target, its
// ids as one argument, and its flags. If the command line is wrong, the error
// says how to write it.
func Judge(targets []Target, args []string) ([]string, error) {
	var own, flags, words []string
	behind := "" // the last flag after the target
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "-h" || arg == "-help" || arg == "--help":
			if rest := slices.DeleteFunc(slices.Concat(words, args[i+1:]), isFlag); len(rest) > 0 {
				return []string{"-h", rest[0]}, nil
			}
			return []string{"-h"}, nil
		case len(words) == 0 && arg == "-t" && i+1 < len(args):
			own, i = append(own, arg, args[i+1]), i+1
		case len(words) == 0 && slices.Contains(mageFlags, arg):
			own = append(own, arg)
		case isFlag(arg):
			flags = append(flags, arg)
			if len(words) > 0 {
				behind = arg
			}
		case behind != "":
			return nil, afterFlags(arg, behind, words)
		default:
			words = append(words, arg)
		}
	}
	if len(words) == 0 {
		if len(flags) > 0 {
			return nil, fmt.Errorf("%s is a flag of no target: begin with the target, such as `all %s`", flags[0], flags[0])
		}
		return args, nil
	}
	target, ids, err := find(targets, words)
	if err != nil {
		return nil, err
	}
	if flags, err = target.checkFlags(flags); err != nil {
		return nil, err
	}
	judged := append(own, target.Name)
	if target.ID != "" {
		judged = append(judged, strings.Join(ids, ","))
	}
	return append(judged, flags...), nil
}

func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// afterFlags returns the error for a word after the flags. The word may be the
// value of a flag that lacks its equals sign.
func afterFlags(word, flag string, words []string) error {
	if !strings.Contains(flag, "=") {
		return fmt.Errorf("%q stands behind the flag %s: write %s=%s if it is its value, or put it before the flags", word, flag, flag, word)
	}
	return fmt.Errorf("%q stands behind the flags: what `%s` is about goes before them, and a command is one target", word, words[0])
}

// find returns the target that the words begin with, and its ids.
func find(targets []Target, words []string) (Target, []string, error) {
	var names []string
	for _, t := range targets {
		names = append(names, t.Name)
	}
	i := slices.Index(names, strings.ToLower(words[0]))
	if i < 0 {
		return Target{}, nil, fmt.Errorf("there is no target %q: -l lists all%s", words[0], nearest.Hint(words[0], names))
	}
	t, ids := targets[i], words[1:]
	for _, id := range ids {
		if slices.Contains(names, strings.ToLower(id)) && (t.ID == "" || len(ids) > 1) {
			return t, nil, fmt.Errorf("%s and %s are two targets: a command is one; run them one after the other", t.Name, id)
		}
		if id == "" {
			return t, nil, fmt.Errorf("%s %q: the %s is empty", t.Name, id, t.ID)
		}
		if t.Several && strings.Contains(id, ",") {
			return t, nil, fmt.Errorf("%s %q: no %s has a comma; put blanks between several", t.Name, id, t.ID)
		}
	}
	switch {
	case t.ID == "" && len(ids) > 0:
		return t, nil, fmt.Errorf("%s takes nothing but flags, which are written -name=value, and not %q", t.Name, ids[0])
	case t.ID != "" && len(ids) == 0 && !t.Optional:
		return t, nil, fmt.Errorf("%s needs its %s: `%s %s`", t.Name, t.ID, t.Name, strings.ToUpper(t.ID))
	case !t.Several && len(ids) > 1:
		return t, nil, fmt.Errorf("%s is about one %s: %q is one too many", t.Name, t.ID, ids[1])
	}
	return t, ids, nil
}

// checkFlags returns the flags under the names that the magefile has for them.
// It returns an error for a flag that the target lacks, for a flag given twice
// and for a value of the wrong type. Case, and hyphens within a name, do not
// matter.
func (t Target) checkFlags(args []string) ([]string, error) {
	var names []string
	for _, f := range t.Flags {
		names = append(names, "-"+f.Name)
	}
	values := map[string]string{}
	var order []string
	for _, arg := range args {
		name, value, valued := strings.Cut(arg, "=")
		bare := "-" + strings.ReplaceAll(strings.ToLower(name), "-", "")
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, bare) })
		switch {
		case i < 0 && len(names) == 0:
			return nil, fmt.Errorf("%s has no flags, and so no %s", t.Name, name)
		case i < 0:
			return nil, fmt.Errorf("%s has no flag %s%s; it has %s", t.Name, name, nearest.Hint(name, names), strings.Join(names, ", "))
		case !valued && t.Flags[i].Type != "bool":
			return nil, fmt.Errorf("%s needs a value: %s=VALUE, without blanks", name, name)
		}
		if before, twice := values[names[i]]; twice && !t.Flags[i].Repeats {
			return nil, fmt.Errorf("%s is given twice", name)
		} else if twice {
			value = before + "\n" + value
		} else {
			order = append(order, names[i])
		}
		if !valued {
			value = "true"
		}
		if err := t.Flags[i].check(value); err != nil {
			return nil, fmt.Errorf("%s=%s: %w", name, value, err)
		}
		values[names[i]] = value
	}
	judged := make([]string, len(order))
	for i, name := range order {
		judged[i] = name + "=" + values[name]
	}
	return judged, nil
}

func (f Flag) check(value string) error {
	switch f.Type {
	case "int":
		if _, err := strconv.Atoi(value); err != nil {
			return errors.New("must be a whole number")
		}
	case "bool":
		if _, err := strconv.ParseBool(value); err != nil {
			return errors.New("must be true or false")
		}
	}
	return nil
}

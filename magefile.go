//go:build mage

// The targets of sparsel. They declare and document the flags; package stages
// does the work.
package main

import (
	"context"
	"embed"

	"github.com/magefile/mage/mg"

	"sparsel/stages"
)

// source lets a compiled program notice that it is older than its source.
//
//go:embed go.mod go.sum stages pipeline trainer analysis artifacts
var source embed.FS

// targets is this file. The command line is checked against it before anything
// runs.
//
//go:embed magefile.go
var targets []byte

func init() {
	stages.Built = source
	stages.Worker()
	stages.JudgeCommandLine(targets)
}

// All builds every figure, table and finding of the parameter file, and a
// report of them.
func All(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	remotereadonly *bool, // write nothing to the second level
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; the work is done there
	dryrun *bool, // say what would run and why, and run nothing
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
	paranoid *bool, // read again every stored byte that is relied on, and recompute what is damaged
) error {
	return exit(stages.All(ctx, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, Jobs: jobs, Workers: workers, DryRun: dryrun, JSON: json, Verbose: verbose, Paranoid: paranoid,
	}))
}

// Experiment builds experiments: their runs, and the figures, tables and findings
// that need only one experiment.
func Experiment(ctx context.Context,
	names string, // such as batch_size; separate several with blanks
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	remotereadonly *bool, // write nothing to the second level
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; the work is done there
	dryrun *bool, // say what would run and why, and run nothing
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Experiment(ctx, names, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, Jobs: jobs, Workers: workers, DryRun: dryrun, JSON: json, Verbose: verbose,
	}))
}

// Figure builds figures and what they need.
func Figure(ctx context.Context,
	ids string, // such as 5.1; separate several with blanks
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	remotereadonly *bool, // write nothing to the second level
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; the work is done there
	dryrun *bool, // say what would run and why, and run nothing
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Figure(ctx, ids, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, Jobs: jobs, Workers: workers, DryRun: dryrun, JSON: json, Verbose: verbose,
	}))
}

// Table builds tables and what they need.
func Table(ctx context.Context,
	ids string, // such as epochs; separate several with blanks
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	remotereadonly *bool, // write nothing to the second level
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; the work is done there
	dryrun *bool, // say what would run and why, and run nothing
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Table(ctx, ids, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, Jobs: jobs, Workers: workers, DryRun: dryrun, JSON: json, Verbose: verbose,
	}))
}

// Finding decides claims of the study and prints verdict, effect and interval.
func Finding(ctx context.Context,
	ids string, // such as B1; separate several with blanks
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	remotereadonly *bool, // write nothing to the second level
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; the work is done there
	dryrun *bool, // say what would run and why, and run nothing
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Finding(ctx, ids, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, Jobs: jobs, Workers: workers, DryRun: dryrun, JSON: json, Verbose: verbose,
	}))
}

// Status says what is stale and why, and runs nothing. Its exit code is 0 if
// everything is current and 2 if not.
func Status(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	remotereadonly *bool, // write nothing to the second level
	data *string, // the folder in which to look for the images first
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Status(ctx, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, JSON: json, Verbose: verbose,
	}))
}

// Why explains nodes: their state, what changed since they last ran, their
// inputs and their files.
func Why(ctx context.Context,
	nodes string, // such as figure/5.1, or an id; separate several with blanks
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	remotereadonly *bool, // write nothing to the second level
	data *string, // the folder in which to look for the images first
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Why(ctx, nodes, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly, Data: data, Verbose: verbose,
	}))
}

// Force runs nodes again even if they are current, and compares the bytes with
// the stored ones. It stores nothing.
func Force(ctx context.Context,
	nodes string, // such as figure/5.1, or an id; separate several with blanks
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
) error {
	return exit(stages.Force(ctx, nodes, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Dag prints the graph of the nodes, with each sweep collapsed to one box.
func Dag(ctx context.Context,
	ids string, // figures, tables, findings or nodes, with what they need; none for all
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	format *string, // dot or mermaid; dot if absent
) error {
	return exit(stages.DAG(ctx, ids, format, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Runs lists the trainings with the paths of their archives, for DuckDB, pandas
// or R.
func Runs(ctx context.Context,
	patterns string, // patterns of names, such as batch_size/*/Adam/*; none for all
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	json *bool, // print JSON for programs
	links *string, // a folder to create, with links of readable names to the archives
) error {
	return exit(stages.Runs(ctx, patterns, links, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Data: data, JSON: json,
	}))
}

// Compare prints how far the runs agree with recorded ones, by experiment,
// condition and optimizer. It trains those recorded runs that are missing.
func Compare(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	dryrun *bool, // say what would run and why, and run nothing
	reference *string, // the recorded runs, a CSV file in the format of tables/epochs.csv; required
) error {
	return exit(stages.Compare(ctx, reference, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun,
	}))
}

// Measure measures activations of any program, from Parquet, Arrow or NumPy
// files. It writes tables, figures and a page that shows them to out/measure,
// and compares files, runs, layers or epochs if asked. docs/bring-your-own.md
// says how to write such files.
func Measure(ctx context.Context,
	files string, // files with columns label and activation; separate several with blanks; NAME= before some makes them a group
	out *string, // the folder for everything produced; out if absent
	function *string, // activation of the units: sigmoid, relu or tanh; if absent, dead means always 0 and no unit is called saturated
	epsilon *string, // the safeguard of CCMAS against silent units; 1e-6 if absent
	permutations *int, // permutations of the labels for the chance level; 20 if absent, and 0 for none
	nan *string, // keep, to measure rows with NaN or infinities too; they are refused if absent
	compare *string, // what to compare over runs: file, run, layer or epoch; if absent, groups of files if there are any
	paired *bool, // runs of the same name started alike: compare them one by one; runs are independent if absent
	against *string, // the group that the others are compared with; the first if absent
	weights *string, // the weights of the output layer, to remove units of the layer before it; no units are removed if absent
	layer *string, // the layer from which units are removed; the last of the file if absent
	orders *int, // how many random orders to remove units in; 39 if absent
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Measure(ctx, files, stages.MeasureFlags{
		Function: function, Epsilon: epsilon, Permutations: permutations, NaN: nan,
		Compare: compare, Paired: paired, Reference: against, Weights: weights, Layer: layer, Orders: orders,
	}, stages.Options{Out: out, JSON: json, Verbose: verbose}))
}

// Lock writes artifacts.lock beside the parameter file: the content of every
// result of a complete run.
func Lock(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
) error {
	return exit(stages.Lock(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Audit names whatever under out is damaged, missing or does not belong there,
// and says how much is proven. It writes nothing there.
func Audit(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
	level *int, // 1: hash everything; 2: make all but the trainings again; 3: repeat trainings too; 1 if absent
	minutes *int, // stop after so many minutes; when all is done if absent
	k *int, // how many trainings to repeat; audit -level=3: one of each experiment if absent; adopt: 10 besides those that it must if absent
	state *string, // a file that keeps what is proven, so that the next audit continues from there
) error {
	return exit(stages.Audit(ctx, stages.AuditFlags{Level: level, Minutes: minutes, K: k, State: state}, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, JSON: json, Verbose: verbose,
	}))
}

// Adopt takes over results that other code made, after an edit or with another
// version of Go, if repeating a sample of them gives the same bytes. If any
// training differs, it adopts nothing and names the first epoch that differs.
// What was repeated is kept.
func Adopt(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	jobs *int, // how many nodes run at a time; one for each core if absent
	dryrun *bool, // say what would run and why, and run nothing
	verbose *bool, // print every detail; a summary if absent
	stage *string, // the stage whose results are adopted; must be train; required
	k *int, // how many trainings to repeat; audit -level=3: one of each experiment if absent; adopt: 10 besides those that it must if absent
) error {
	return exit(stages.Adopt(ctx, stages.AdoptFlags{Stage: stage, K: k}, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun, Verbose: verbose,
	}))
}

// AuditFile says what a stray picture, table, archive, pack, lock or report is,
// where it came from and whether it can be trusted.
func AuditFile(ctx context.Context,
	file string, // the file, under any name
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
) error {
	return exit(stages.AuditFile(ctx, file, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Diff says how parameters, code, results and numbers differ from an earlier
// state.
func Diff(ctx context.Context,
	state string, // a revision with a lock, a lock file or another output folder
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Diff(ctx, state, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, JSON: json, Verbose: verbose,
	}))
}

// Export prints where a result came from, as a W3C provenance document in
// PROV-JSON.
func Export(ctx context.Context,
	node string, // such as figure/5.1, B1 or table/epochs
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
) error {
	return exit(stages.Export(ctx, node, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Pack writes all results except the trainings' archives to a file that others
// can name with -remote.
func Pack(ctx context.Context,
	archive string, // the file to write, whose name ends in .zip
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
) error {
	return exit(stages.Pack(ctx, archive, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Tries prints a table of the study beside that of every try, row by row. It
// trains nothing.
func Tries(ctx context.Context,
	id string, // a table of final values; the name of an experiment is the id of its table
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	as *string, // md, csv or tex; md if absent
) error {
	return exit(stages.Tries(ctx, id, as, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Macros prints the numbers of all existing tables and findings as LaTeX
// macros. It trains nothing.
func Macros(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
) error {
	return exit(stages.Macros(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Gc lists or deletes the stored files that neither the parameters nor a lock
// needs any more.
func Gc(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	out *string, // the folder for everything produced; out if absent
	data *string, // the folder in which to look for the images first
	delete *bool, // delete exactly what would be listed
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	grace *int, // days for which anything in the second level is spared; 14 if absent
	keep *string, // revisions whose locks are kept as well, separated by commas
) error {
	flags := stages.GCFlags{Delete: delete, Keep: keep, Remote: remote, Grace: grace}
	return exit(stages.GC(ctx, flags, stages.Options{Params: params, Out: out, Data: data}))
}

// Report writes report.html from the results so far, with those of a second
// level, and names what is missing. It runs nothing.
func Report(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	remote *string, // a second level of the store, s3://BUCKET/PREFIX, file:///FOLDER or file:///ARCHIVE.zip
	data *string, // the folder in which to look for the images first
) error {
	return exit(stages.Report(ctx, stages.Options{Params: params, Profile: profile, Set: set, Out: out, Remote: remote, Data: data}))
}

// Clean removes the published figures, tables, findings and report of the study
// or of a profile; they come back from the store. Files that you changed or
// added stay, and are named.
func Clean(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value that replaces one of the file, such as optimizers.SGD.lr=0.3; results go to out/tries; may be repeated
	out *string, // the folder for everything produced; out if absent
	store *bool, // also remove the store of all profiles, with every result; asks at a terminal, and needs -yes elsewhere
	yes *bool, // remove the store without being asked
) error {
	return exit(stages.Clean(ctx, store, stages.Options{Params: params, Profile: profile, Set: set, Out: out, Yes: yes}))
}

// Bench measures the kernels against this machine's peak, and training against
// PyTorch if it is installed.
func Bench(ctx context.Context,
	data *string, // the folder in which to look for the images first
	epochs *int, // epochs of each training, of which the fastest counts; 3 if absent
	only *string, // time only trainings whose name contains this text, such as "batch 1, Adam"; "study" for the total of the parameter file
) error {
	return exit(stages.Bench(ctx, epochs, only, stages.Options{Data: data}))
}

// BenchPipeline times a build with nothing to do, and compares it with ninja
// and Snakemake if they are installed.
func BenchPipeline(ctx context.Context,
	nodes *int, // how many nodes the graph has; 3000 if absent
) error {
	return exit(stages.BenchPipeline(ctx, nodes, stages.Options{}))
}

// Test runs every test.
func Test(ctx context.Context) error {
	return exit(stages.Test(ctx))
}

// Soak tests the pipeline for ten minutes or more with kills, full disks, power
// cuts and random graphs, over and over.
func Soak(ctx context.Context) error {
	return exit(stages.Soak(ctx))
}

// exit gives an error the exit code that it asks for.
func exit(err error) error {
	err = stages.Shown(err)
	if code := stages.ExitCode(err); code > 1 {
		return mg.Fatal(code, err)
	}
	return err
}

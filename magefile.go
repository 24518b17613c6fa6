//go:build mage

// The targets of sparsel. They name flags and say what they do; package stages does it.
package main

import (
	"context"
	"embed"

	"github.com/magefile/mage/mg"

	"sparsel/stages"
)

// source lets a program notice that it is older than the source it would answer for.
//
//go:embed go.mod go.sum stages pipeline trainer analysis artifacts
var source embed.FS

// targets is what the command line is judged by, before anything runs.
//
//go:embed magefile.go
var targets []byte

func init() {
	stages.Built = source
	stages.Worker()
	stages.JudgeCommandLine(targets)
}

// All builds every figure, table and finding of the parameter file, and the report of them.
func All(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	remotereadonly *bool, // put nothing into the second level
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; runs are done there
	dryrun *bool, // say what would run and why, and run nothing
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
	paranoid *bool, // read every stored byte that is relied on again, and make anew what is damaged
) error {
	return exit(stages.All(ctx, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, Jobs: jobs, Workers: workers, DryRun: dryrun, JSON: json, Verbose: verbose, Paranoid: paranoid,
	}))
}

// Experiment builds experiments: their runs, and the figures and tables that are made of one experiment alone.
func Experiment(ctx context.Context,
	names string, // such as batch_size; several with blanks between
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	remotereadonly *bool, // put nothing into the second level
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; runs are done there
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
	ids string, // such as 5.1; several with blanks between
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	remotereadonly *bool, // put nothing into the second level
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; runs are done there
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
	ids string, // such as epochs; several with blanks between
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	remotereadonly *bool, // put nothing into the second level
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; runs are done there
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
	ids string, // such as B1; several with blanks between
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	remotereadonly *bool, // put nothing into the second level
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	workers *string, // a command that starts a program on another machine, such as srun or ssh HOST; runs are done there
	dryrun *bool, // say what would run and why, and run nothing
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Finding(ctx, ids, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, Jobs: jobs, Workers: workers, DryRun: dryrun, JSON: json, Verbose: verbose,
	}))
}

// Status says what is stale and why, and runs nothing. Its exit code is 0 when all is current and 2 when not.
func Status(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	remotereadonly *bool, // put nothing into the second level
	data *string, // a folder to look for the images in before all others
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Status(ctx, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly,
		Data: data, JSON: json, Verbose: verbose,
	}))
}

// Why explains nodes: their state, what changed since they last ran, their inputs and files.
func Why(ctx context.Context,
	nodes string, // such as figure/5.1, or an id; several with blanks between
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	remotereadonly *bool, // put nothing into the second level
	data *string, // a folder to look for the images in before all others
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Why(ctx, nodes, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Remote: remote, RemoteReadOnly: remotereadonly, Data: data, Verbose: verbose,
	}))
}

// Force runs nodes again though they are current, and compares the bytes with those that are stored. It stores nothing.
func Force(ctx context.Context,
	nodes string, // such as figure/5.1, or an id; several with blanks between
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
) error {
	return exit(stages.Force(ctx, nodes, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Dag prints the graph of the nodes, sweeps collapsed to one box.
func Dag(ctx context.Context,
	ids string, // figures, tables, findings or nodes, with what they need; none for all
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	format *string, // dot or mermaid; dot if absent
) error {
	return exit(stages.DAG(ctx, ids, format, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Runs lists the trainings with the paths of their archives, for DuckDB, pandas or R.
func Runs(ctx context.Context,
	patterns string, // of names, such as batch_size/*/Adam/*; none for all
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	json *bool, // print JSON for programs
	links *string, // a folder to make in which the archives have readable names
) error {
	return exit(stages.Runs(ctx, patterns, links, stages.Options{
		Params: params, Profile: profile, Set: set, Out: out, Data: data, JSON: json,
	}))
}

// Compare prints how far the runs agree with recorded ones, by experiment, condition and optimizer. It runs what is missing
// of what the records have.
func Compare(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	dryrun *bool, // say what would run and why, and run nothing
	reference *string, // the recorded runs, a CSV file in the form of tables/epochs.csv; required
) error {
	return exit(stages.Compare(ctx, reference, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun,
	}))
}

// Measure measures activations of any program, from files of Parquet, Arrow or NumPy: tables, figures and a page of them go to
// out/measure, with a comparison of files, runs, layers or epochs where one is asked for. docs/bring-your-own.md says how to write
// such files.
func Measure(ctx context.Context,
	files string, // with columns label and activation; several with blanks between; NAME= before some makes a group of them
	out *string, // the folder of everything produced; out if absent
	function *string, // of the units: sigmoid, relu or tanh; without it a unit is dead if it is always 0, and none is called saturated
	epsilon *string, // safeguard of CCMAS against silent units; 1e-6 if absent
	permutations *int, // of the labels, for the level of chance; 20 if absent, none for 0
	nan *string, // keep: measure rows with NaN or infinities too; refused if absent
	compare *string, // file, run, layer or epoch: compare them, over runs; groups of files if there are such, nothing if absent
	paired *bool, // runs of one name started alike: compare them one by one; runs are independent if absent
	against *string, // the group that the others are compared with; the first if absent
	weights *string, // weights of the output layer: remove units from the layer in front of it; none are removed if absent
	layer *string, // from which units are removed; the last of the file if absent
	orders *int, // in which units are removed at random; 39 if absent
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Measure(ctx, files, stages.MeasureFlags{
		Function: function, Epsilon: epsilon, Permutations: permutations, NaN: nan,
		Compare: compare, Paired: paired, Reference: against, Weights: weights, Layer: layer, Orders: orders,
	}, stages.Options{Out: out, JSON: json, Verbose: verbose}))
}

// Lock writes artifacts.lock beside the parameter file from a complete run: what everything is, by content.
func Lock(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
) error {
	return exit(stages.Lock(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Audit names whatever under out is damaged, missing or does not belong, and says how much is proven. It writes nothing there.
func Audit(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
	level *int, // 1: hash everything; 2: make all but the trainings again; 3: repeat trainings too; 1 if absent
	minutes *int, // stop after so many; when all is done if absent
	k *int, // trainings to repeat: all in all by audit, besides what it needs by adopt; what is needed, and 10 more by adopt, if absent
	state *string, // a file that keeps what is proven, so that the next audit goes on from there
) error {
	return exit(stages.Audit(ctx, stages.AuditFlags{Level: level, Minutes: minutes, K: k, State: state}, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, JSON: json, Verbose: verbose,
	}))
}

// Adopt takes over results that other code made, after an edit or with another Go, where repeating a sample of them gives the same
// bytes. One difference adopts nothing and names the first epoch. What was repeated counts as made.
func Adopt(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	jobs *int, // runs at a time; one for each core if absent
	dryrun *bool, // say what would run and why, and run nothing
	verbose *bool, // print every detail; a summary if absent
	stage *string, // the stage whose results are adopted, which is train; required
	k *int, // trainings to repeat: all in all by audit, besides what it needs by adopt; what is needed, and 10 more by adopt, if absent
) error {
	return exit(stages.Adopt(ctx, stages.AdoptFlags{Stage: stage, K: k}, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun, Verbose: verbose,
	}))
}

// AuditFile says what a lost picture, table or archive is, where it came from and whether it can be trusted.
func AuditFile(ctx context.Context,
	file string, // the file, whatever its name
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
) error {
	return exit(stages.AuditFile(ctx, file, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Diff says how parameters, code, results and numbers differ from an earlier state.
func Diff(ctx context.Context,
	before string, // a revision with a lock, a lock file or another output folder
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	json *bool, // print JSON for programs
	verbose *bool, // print every detail; a summary if absent
) error {
	return exit(stages.Diff(ctx, before, stages.Options{
		Params: params, Profile: profile, Out: out, Data: data, JSON: json, Verbose: verbose,
	}))
}

// Export prints where something came from as a W3C provenance document in PROV-JSON.
func Export(ctx context.Context,
	node string, // such as 5.1, B1 or table/epochs
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
) error {
	return exit(stages.Export(ctx, node, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Tries prints a table of the study and of every try, row beside row. It trains nothing.
func Tries(ctx context.Context,
	id string, // a table of final values, such as that of an experiment, by its name
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	as *string, // md, csv or tex; md if absent
) error {
	return exit(stages.Tries(ctx, id, as, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Macros prints the numbers of all tables and findings that are there as LaTeX macros. It trains nothing.
func Macros(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
) error {
	return exit(stages.Macros(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Gc lists the stored files that neither the parameters nor a lock needs any more, or deletes them.
func Gc(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
	delete *bool, // delete exactly what would be listed
	remote *string, // a second level, s3://BUCKET/PREFIX or file:///FOLDER
	grace *int, // days for which what is in the second level is spared in any case; 14 if absent
	keep *string, // revisions whose locks are kept as well, separated by commas
) error {
	flags := stages.GCFlags{Delete: delete, Keep: keep, Remote: remote, Grace: grace}
	return exit(stages.GC(ctx, flags, stages.Options{Params: params, Out: out, Data: data}))
}

// Report writes report.html of what is there and names what is missing. It runs nothing.
func Report(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	data *string, // a folder to look for the images in before all others
) error {
	return exit(stages.Report(ctx, stages.Options{Params: params, Profile: profile, Set: set, Out: out, Data: data}))
}

// Clean removes the published figures, tables, findings and report of the study or of a profile; they come back from the store.
// What you changed, or put beside them, stays and is named.
func Clean(ctx context.Context,
	params *string, // the parameter file; params.toml if absent
	profile *string, // a profile of the parameter file; the whole study if absent
	set *string, // a value beside those of the file, such as optimizers.SGD.lr=0.3: a try, in out/tries; may be repeated
	out *string, // the folder of everything produced; out if absent
	store *bool, // remove the store of all profiles too, and every result with it: asks at a terminal, and wants -yes elsewhere
	yes *bool, // remove the store without being asked
) error {
	return exit(stages.Clean(ctx, store, stages.Options{Params: params, Profile: profile, Set: set, Out: out, Yes: yes}))
}

// Bench measures the kernels against this machine's peak, and training against PyTorch if it is installed.
func Bench(ctx context.Context,
	data *string, // a folder to look for the images in before all others
	epochs *int, // epochs of each training, of which the fastest counts; 3 if absent
	only *string, // time the trainings whose name has this text in it, such as "batch 1, Adam"; "study" for the total of the parameters
) error {
	return exit(stages.Bench(ctx, epochs, only, stages.Options{Data: data}))
}

// BenchPipeline times a build with nothing to do beside ninja and Snakemake, if they are installed.
func BenchPipeline(ctx context.Context,
	nodes *int, // size of the graph; 3000 if absent
) error {
	return exit(stages.BenchPipeline(ctx, nodes, stages.Options{}))
}

// Test runs every test.
func Test(ctx context.Context) error {
	return exit(stages.Test(ctx))
}

// Soak tries the pipeline for ten minutes or more: kills, full disks, power cuts and random graphs, over and over.
func Soak(ctx context.Context) error {
	return exit(stages.Soak(ctx))
}

// exit gives an error the exit code it asks for.
func exit(err error) error {
	err = stages.Shown(err)
	if code := stages.ExitCode(err); code > 1 {
		return mg.Fatal(code, err)
	}
	return err
}

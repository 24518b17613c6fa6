//go:build mage

// The targets of sparsel. They parse flags and say what they do; package stages does it.
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

func init() {
	stages.Built = source
	stages.Worker()
}

// All builds every figure, table and finding of params.toml, and the report of them. With -paranoid it reads every
// stored byte that it relies on again, and makes anew what is damaged.
func All(ctx context.Context, params, profile, out, data *string, jobs *int, dryrun, json, paranoid *bool) error {
	return exit(stages.All(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun, JSON: json, Paranoid: paranoid}))
}

// Experiment builds one experiment by its name, such as batch_size: its runs, and the figures and tables of it alone.
func Experiment(ctx context.Context, name string, params, profile, out, data *string, jobs *int, dryrun, json *bool) error {
	return exit(stages.Experiment(ctx, name, stages.Options{Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun, JSON: json}))
}

// Figure builds one figure by its id, such as 5.1, and what it needs.
func Figure(ctx context.Context, id string, params, profile, out, data *string, jobs *int, dryrun, json *bool) error {
	return exit(stages.Figure(ctx, id, stages.Options{Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun, JSON: json}))
}

// Table builds one table by its id, such as epochs, and what it needs.
func Table(ctx context.Context, id string, params, profile, out, data *string, jobs *int, dryrun, json *bool) error {
	return exit(stages.Table(ctx, id, stages.Options{Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun, JSON: json}))
}

// Finding decides one of the study's claims by its id, such as B1, and prints verdict, effect and interval.
func Finding(ctx context.Context, id string, params, profile, out, data *string, jobs *int, dryrun, json *bool) error {
	return exit(stages.Finding(ctx, id, stages.Options{Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, DryRun: dryrun, JSON: json}))
}

// Status says what is stale and why, and runs nothing. Its exit code is 0 when all is current, 2 when not.
func Status(ctx context.Context, params, profile, out, data *string, json *bool) error {
	return exit(stages.Status(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data, JSON: json}))
}

// Why explains one node: its state, what changed since it last ran, its inputs and files.
func Why(ctx context.Context, node string, params, profile, out, data *string) error {
	return exit(stages.Why(ctx, node, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Dag prints the graph, sweeps collapsed to one box, as DOT or Mermaid (-format=dot or -format=mermaid).
func Dag(ctx context.Context, params, profile, out, data, format *string) error {
	return exit(stages.DAG(ctx, format, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Compare prints how far the runs agree with recorded ones (-reference=FILE, a tidy table), by experiment,
// condition and optimizer. It runs what is missing first.
func Compare(ctx context.Context, reference *string, params, profile, out, data *string, jobs *int) error {
	return exit(stages.Compare(ctx, reference, stages.Options{Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs}))
}

// Lock writes artifacts.lock from a complete run: what every figure, table and finding is, by content.
func Lock(ctx context.Context, params, profile, out, data *string) error {
	return exit(stages.Lock(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Audit names whatever under out is damaged, missing or does not belong (-level=1), makes all but the trainings again
// and compares bytes (-level=2), and repeats -k=N trainings, by default the cheapest of each experiment (-level=3).
// It writes nothing under out, stops after -minutes=N, and with -state=FILE goes on where it stopped.
func Audit(ctx context.Context, level, minutes, k *int, state, params, profile, out, data *string, jobs *int, json *bool) error {
	flags := stages.AuditFlags{Level: level, Minutes: minutes, K: k, State: state}
	return exit(stages.Audit(ctx, flags, stages.Options{Params: params, Profile: profile, Out: out, Data: data, Jobs: jobs, JSON: json}))
}

// AuditFile says what a lost picture, table or archive is, where it came from and whether it can be trusted.
func AuditFile(ctx context.Context, file string, params, profile, out, data *string) error {
	return exit(stages.AuditFile(ctx, file, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Diff says how parameters, code, results and numbers differ from a revision's lock, a lock file or another output folder.
func Diff(ctx context.Context, before string, params, profile, out, data *string, json *bool) error {
	return exit(stages.Diff(ctx, before, stages.Options{Params: params, Profile: profile, Out: out, Data: data, JSON: json}))
}

// Export prints where a figure, such as 5.1, came from as a W3C provenance document in PROV-JSON.
func Export(ctx context.Context, id string, params, profile, out, data *string) error {
	return exit(stages.Export(ctx, id, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Gc lists the stored files that neither the parameters nor a lock needs any more; -delete removes exactly these.
// -keep=REV,REV keeps what the locks of other revisions name as well.
func Gc(ctx context.Context, delete *bool, keep, params, out, data *string) error {
	return exit(stages.GC(ctx, delete, keep, stages.Options{Params: params, Out: out, Data: data}))
}

// Bench measures the kernels against this machine's peak, and training against PyTorch if it is installed.
// -only=TEXT times the trainings whose name has TEXT in it, such as "batch 1, Adam".
func Bench(ctx context.Context, data *string, epochs *int, only *string) error {
	return exit(stages.Bench(ctx, epochs, only, stages.Options{Data: data}))
}

// BenchPipeline times a build with nothing to do, of -nodes=N nodes, beside ninja and Snakemake if they are installed.
func BenchPipeline(ctx context.Context, nodes *int) error {
	return exit(stages.BenchPipeline(ctx, nodes, stages.Options{}))
}

// Report writes report.html: findings, figures, tables and where they come from, as far as they are there. It runs nothing.
func Report(ctx context.Context, params, profile, out, data *string) error {
	return exit(stages.Report(ctx, stages.Options{Params: params, Profile: profile, Out: out, Data: data}))
}

// Test runs every test.
func Test(ctx context.Context) error {
	return exit(stages.Test(ctx))
}

// Soak tries the pipeline for ten minutes or more: kills, full disks, power cuts and random graphs, over and over.
func Soak(ctx context.Context) error {
	return exit(stages.Soak(ctx))
}

// Clean removes the figures, tables, findings and report of the study, or of a profile; they come back from the store.
// With -store it removes the store of all profiles as well, and every result with it.
func Clean(ctx context.Context, profile, out *string, store *bool) error {
	return exit(stages.Clean(ctx, store, stages.Options{Profile: profile, Out: out}))
}

// exit gives an error the exit code it asks for.
func exit(err error) error {
	err = stages.Shown(err)
	if code := stages.ExitCode(err); code > 1 {
		return mg.Fatal(code, err)
	}
	return err
}

package command

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Steps are the inputs that local and remote commands share.
type Steps struct {
	Create                 *string  `pulumi:"create,optional"`
	Update                 *string  `pulumi:"update,optional"`
	Delete                 *string  `pulumi:"delete,optional"`
	Triggers               *[]any   `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Stdin                  *string  `pulumi:"stdin,optional"`
	Logging                *Logging `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool    `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the inputs in the schema.
func (s *Steps) Annotate(a infer.Annotator) {
	a.Describe(&s.Create, "The command to run when the resource is created.")
	a.Describe(&s.Update, "The command to run when inputs change. Default: create.")
	a.Describe(&s.Delete, "The command to run when the resource is deleted.")
	a.Describe(&s.Triggers, "Values whose change replaces the resource.")
	a.Describe(&s.Stdin, "The standard input of the command.")
	a.Describe(&s.Logging, "The streams to show while the command runs. Default: both.")
	a.Describe(&s.AddPreviousOutputInEnv, "Whether the command gets the last outputs in its environment, as "+
		"PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR; true by default.")
}

// forUpdate returns the command that an update runs, or nil.
func (s *Steps) forUpdate() *string {
	if s.Update != nil {
		return s.Update
	}
	return s.Create
}

// previous returns the environment that passes the last outputs to the command.
func (s *Steps) previous(last Streams) map[string]string {
	environment := map[string]string{}
	if s.AddPreviousOutputInEnv != nil && !*s.AddPreviousOutputInEnv {
		return environment
	}
	if last.Stdout != "" {
		environment["PULUMI_COMMAND_STDOUT"] = last.Stdout
	}
	if last.Stderr != "" {
		environment["PULUMI_COMMAND_STDERR"] = last.Stderr
	}
	return environment
}

// Streams are the outputs of the last command, each without one trailing newline.
type Streams struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the outputs in the schema.
func (s *Streams) Annotate(a infer.Annotator) {
	a.Describe(&s.Stdout, "The standard output of the command.")
	a.Describe(&s.Stderr, "The standard error of the command.")
}

// runner runs one command and returns its outputs.
type runner func(ctx context.Context, command string) (Streams, error)

// create makes the resource's id. It runs command, if there is one, except in a preview.
func create(ctx context.Context, name string, preview bool, command *string, run runner) (string, Streams, error) {
	id, err := resource.NewUniqueHex(name, 8, 0)
	if err != nil || preview || command == nil {
		return id, Streams{}, err
	}
	streams, err := run(ctx, *command)
	return id, streams, err
}

// update runs command, if there is one, except in a preview. Otherwise the last outputs stay.
func update(ctx context.Context, last Streams, preview bool, command *string, run runner) (Streams, error) {
	if preview || command == nil {
		return last, nil
	}
	return run(ctx, *command)
}

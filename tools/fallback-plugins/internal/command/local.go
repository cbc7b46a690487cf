package command

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// LocalCommand is command:local:Command: commands on the machine that runs the program.
type LocalCommand struct{}

// LocalInputs are the inputs of a LocalCommand.
type LocalInputs struct {
	Steps
	Interpreter *[]string          `pulumi:"interpreter,optional"`
	Dir         *string            `pulumi:"dir,optional"`
	Environment *map[string]string `pulumi:"environment,optional"`
}

// LocalState is the state of a LocalCommand.
type LocalState struct {
	LocalInputs
	Streams
}

// Annotate gives the resource its token.
func (c *LocalCommand) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs on the machine that runs the program.")
	a.SetToken("local", "Command")
}

// Annotate describes the inputs in the schema.
func (in *LocalInputs) Annotate(a infer.Annotator) {
	a.Describe(&in.Interpreter, `The program that gets the command, and its arguments. Default: ["/bin/sh", "-c"].`)
	a.Describe(&in.Dir, "The working directory of the command. Default: the program's.")
	a.Describe(&in.Environment, "Variables to add to the environment of the plugin.")
}

// Create runs the create command.
func (*LocalCommand) Create(
	ctx context.Context, request infer.CreateRequest[LocalInputs],
) (response infer.CreateResponse[LocalState], err error) {
	response.Output.LocalInputs = request.Inputs
	response.ID, response.Output.Streams, err = create(
		ctx, request.Name, request.DryRun, request.Inputs.Create, request.Inputs.runner(Streams{}))
	return response, err
}

// Update runs the update command, or the create command if there is none.
func (*LocalCommand) Update(
	ctx context.Context, request infer.UpdateRequest[LocalInputs, LocalState],
) (response infer.UpdateResponse[LocalState], err error) {
	response.Output.LocalInputs = request.Inputs
	response.Output.Streams, err = update(
		ctx, request.State.Streams, request.DryRun, request.Inputs.forUpdate(), request.Inputs.runner(request.State.Streams))
	return response, err
}

// Delete runs the delete command with the inputs that are in the state.
func (*LocalCommand) Delete(
	ctx context.Context, request infer.DeleteRequest[LocalState],
) (infer.DeleteResponse, error) {
	_, err := update(ctx, Streams{}, false, request.State.Delete, request.State.runner(request.State.Streams))
	return infer.DeleteResponse{}, err
}

func (in *LocalInputs) runner(last Streams) runner {
	return func(ctx context.Context, command string) (Streams, error) {
		arguments := []string{"/bin/sh", "-c"}
		if in.Interpreter != nil && len(*in.Interpreter) > 0 {
			arguments = append([]string(nil), *in.Interpreter...)
		}
		arguments = append(arguments, command)

		running, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		process := exec.CommandContext(running, arguments[0], arguments[1:]...)
		process.Env = os.Environ()
		if in.Environment != nil {
			process.Env = appendVariables(process.Env, *in.Environment)
		}
		process.Env = appendVariables(process.Env, in.previous(last))
		if in.Dir != nil {
			process.Dir = *in.Dir
		}
		if in.Stdin != nil && *in.Stdin != "" {
			process.Stdin = strings.NewReader(*in.Stdin)
		}
		// The whole process group is stopped, because the children of a cancelled shell would continue.
		process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGTERM) }
		process.WaitDelay = 5 * time.Second

		var output capture
		process.Stdout, process.Stderr = output.writers(ctx, in.Logging, stop)
		err := process.Run()
		if err != nil && ctx.Err() != nil {
			err = stopped(ctx)
		} else if cause := context.Cause(running); err != nil && cause != nil {
			err = cause
		}
		return output.result(command, err)
	}
}

func appendVariables(environment []string, variables map[string]string) []string {
	for name, value := range variables {
		environment = append(environment, name+"="+value)
	}
	return environment
}

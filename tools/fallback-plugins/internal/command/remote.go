package command

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// RemoteCommand is command:remote:Command: commands on another machine, over ssh.
type RemoteCommand struct{}

// RemoteInputs are the inputs of a RemoteCommand.
type RemoteInputs struct {
	Steps
	Connection  *Connection       `pulumi:"connection" provider:"secret"`
	Environment map[string]string `pulumi:"environment,optional"`
}

// RemoteState is the state of a RemoteCommand.
type RemoteState struct {
	RemoteInputs
	Streams
}

// Annotate gives the resource its token.
func (c *RemoteCommand) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs on another machine, over ssh.")
	a.SetToken("remote", "Command")
}

// Annotate describes the inputs in the schema.
func (in *RemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&in.Connection, "The ssh server of the machine, and the login there.")
	a.Describe(&in.Environment, "Variables of the command. The ssh server must accept each (AcceptEnv).")
}

// Create runs the create command.
func (*RemoteCommand) Create(
	ctx context.Context, request infer.CreateRequest[RemoteInputs],
) (response infer.CreateResponse[RemoteState], err error) {
	response.Output.RemoteInputs = request.Inputs
	response.ID, response.Output.Streams, err = create(
		ctx, request.Name, request.DryRun, request.Inputs.Create, request.Inputs.runner(Streams{}))
	return response, err
}

// Update runs the update command, or the create command if there is none.
func (*RemoteCommand) Update(
	ctx context.Context, request infer.UpdateRequest[RemoteInputs, RemoteState],
) (response infer.UpdateResponse[RemoteState], err error) {
	response.Output.RemoteInputs = request.Inputs
	response.Output.Streams, err = update(
		ctx, request.State.Streams, request.DryRun, request.Inputs.forUpdate(), request.Inputs.runner(request.State.Streams))
	return response, err
}

// Delete runs the delete command with the connection and inputs that are in the state.
func (*RemoteCommand) Delete(
	ctx context.Context, request infer.DeleteRequest[RemoteState],
) (infer.DeleteResponse, error) {
	_, err := update(ctx, Streams{}, false, request.State.Delete, request.State.runner(request.State.Streams))
	return infer.DeleteResponse{}, err
}

func (in *RemoteInputs) runner(last Streams) runner {
	return func(ctx context.Context, command string) (Streams, error) {
		client, err := in.Connection.dial(ctx)
		if err != nil {
			return Streams{}, err
		}
		defer client.Close()
		return runSession(ctx, client, session{
			command:     command,
			stdin:       in.Stdin,
			logging:     in.Logging,
			environment: in.Environment,
			previous:    in.previous(last),
		})
	}
}

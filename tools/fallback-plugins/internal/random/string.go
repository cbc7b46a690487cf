package random

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"golang.org/x/crypto/bcrypt"
)

// String is random:index/randomString:RandomString: random characters, not secret.
type String struct{}

// StringState is the state of a String.
type StringState struct {
	Recipe
	Result string `pulumi:"result"`
}

// Annotate gives the resource its token.
func (r *String) Annotate(a infer.Annotator) {
	a.Describe(&r, "Random characters.")
	setToken(a, "randomString", "RandomString")
}

// Check refuses a recipe that no string can follow.
func (*String) Check(ctx context.Context, request infer.CheckRequest) (infer.CheckResponse[Recipe], error) {
	return checkRecipe(ctx, request)
}

// Create makes the characters.
func (*String) Create(
	_ context.Context, request infer.CreateRequest[Recipe],
) (response infer.CreateResponse[StringState], err error) {
	response.Output.Recipe = request.Inputs
	if request.DryRun {
		return response, nil
	}
	response.Output.Result, err = request.Inputs.compose()
	response.ID = response.Output.Result
	return response, err
}

// Password is random:index/randomPassword:RandomPassword: random characters, secret.
type Password struct{}

// PasswordState is the state of a Password.
type PasswordState struct {
	Recipe
	Result     string `pulumi:"result" provider:"secret"`
	BcryptHash string `pulumi:"bcryptHash" provider:"secret"`
}

// Annotate gives the resource its token.
func (r *Password) Annotate(a infer.Annotator) {
	a.Describe(&r, "Secret random characters.")
	setToken(a, "randomPassword", "RandomPassword")
}

// Check refuses a recipe that no password can follow.
func (*Password) Check(ctx context.Context, request infer.CheckRequest) (infer.CheckResponse[Recipe], error) {
	return checkRecipe(ctx, request)
}

// WireDependencies makes the outputs secret whatever SDK is in use.
func (*Password) WireDependencies(fields infer.FieldSelector, _ *Recipe, state *PasswordState) {
	fields.OutputField(&state.Result).AlwaysSecret()
	fields.OutputField(&state.BcryptHash).AlwaysSecret()
}

// Create makes the characters and their hash. The id is the same for all, because an id is not secret.
func (*Password) Create(
	_ context.Context, request infer.CreateRequest[Recipe],
) (response infer.CreateResponse[PasswordState], err error) {
	response.ID = "none"
	response.Output.Recipe = request.Inputs
	if request.DryRun {
		return response, nil
	}
	response.Output.Result, err = request.Inputs.compose()
	if err != nil {
		return response, err
	}
	// bcrypt reads no more than its first 72 bytes, and the library refuses longer input.
	hash, err := bcrypt.GenerateFromPassword([]byte(response.Output.Result)[:min(72, len(response.Output.Result))],
		bcrypt.DefaultCost)
	response.Output.BcryptHash = string(hash)
	return response, err
}

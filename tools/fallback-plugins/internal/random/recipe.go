package random

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

const (
	lowerCase = "abcdefghijklmnopqrstuvwxyz"
	upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits    = "0123456789"
	specials  = "!@#$%&*()-_=+[]{}<>:?"
)

// Recipe says which characters a random string is made of. Every class is on unless it is switched off; special is
// the class that overrideSpecial replaces.
type Recipe struct {
	Kept
	Length          int     `pulumi:"length"`
	Lower           *bool   `pulumi:"lower,optional"`
	Upper           *bool   `pulumi:"upper,optional"`
	Numeric         *bool   `pulumi:"numeric,optional"`
	Number          *bool   `pulumi:"number,optional"`
	Special         *bool   `pulumi:"special,optional"`
	MinLower        *int    `pulumi:"minLower,optional"`
	MinUpper        *int    `pulumi:"minUpper,optional"`
	MinNumeric      *int    `pulumi:"minNumeric,optional"`
	MinSpecial      *int    `pulumi:"minSpecial,optional"`
	OverrideSpecial *string `pulumi:"overrideSpecial,optional"`
}

// Annotate describes the inputs in the schema.
func (r *Recipe) Annotate(a infer.Annotator) {
	a.Describe(&r.Length, "How many characters to make, at least 1 and at least the sum of the minima.")
	a.Describe(&r.Lower, "Whether there are lower-case letters.")
	a.SetDefault(&r.Lower, true)
	a.Describe(&r.Upper, "Whether there are upper-case letters.")
	a.SetDefault(&r.Upper, true)
	a.Describe(&r.Numeric, "Whether there are digits.")
	a.Describe(&r.Number, "The old name of numeric.")
	a.Describe(&r.Special, "Whether there are special characters.")
	a.SetDefault(&r.Special, true)
	a.Describe(&r.MinLower, "The least number of lower-case letters.")
	a.SetDefault(&r.MinLower, 0)
	a.Describe(&r.MinUpper, "The least number of upper-case letters.")
	a.SetDefault(&r.MinUpper, 0)
	a.Describe(&r.MinNumeric, "The least number of digits.")
	a.SetDefault(&r.MinNumeric, 0)
	a.Describe(&r.MinSpecial, "The least number of special characters.")
	a.SetDefault(&r.MinSpecial, 0)
	a.Describe(&r.OverrideSpecial, "The special characters to choose from: "+specials+" by default.")
}

// class is one kind of characters, with the least number of them.
type class struct {
	name       string
	characters string
	least      int
}

func (r *Recipe) classes() []class {
	special := specials
	if r.OverrideSpecial != nil && *r.OverrideSpecial != "" {
		special = *r.OverrideSpecial
	}
	all := []struct {
		on    *bool
		least *int
		class
	}{
		{r.Lower, r.MinLower, class{name: "minLower", characters: lowerCase}},
		{r.Upper, r.MinUpper, class{name: "minUpper", characters: upperCase}},
		{r.Numeric, r.MinNumeric, class{name: "minNumeric", characters: digits}},
		{r.Special, r.MinSpecial, class{name: "minSpecial", characters: special}},
	}
	var classes []class
	for _, c := range all {
		if c.on != nil && !*c.on {
			c.characters = ""
		}
		if c.least != nil {
			c.class.least = *c.least
		}
		classes = append(classes, c.class)
	}
	return classes
}

// checkRecipe applies the defaults and refuses a recipe that cannot be followed.
func checkRecipe(ctx context.Context, request infer.CheckRequest) (infer.CheckResponse[Recipe], error) {
	recipe, failures, err := infer.DefaultCheck[Recipe](ctx, request.NewInputs)
	if err != nil || len(failures) > 0 {
		return infer.CheckResponse[Recipe]{Inputs: recipe, Failures: failures}, err
	}
	if recipe.Numeric != nil && recipe.Number != nil && *recipe.Numeric != *recipe.Number {
		failures = append(failures, p.CheckFailure{Property: "number", Reason: "contradicts numeric, its new name"})
	}
	// The official plugin keeps both names equal, and shows both in the state.
	if recipe.Numeric == nil {
		recipe.Numeric = recipe.Number
	}
	if recipe.Numeric == nil {
		on := true
		recipe.Numeric = &on
	}
	recipe.Number = recipe.Numeric
	if !request.NewInputs.Get("length").IsComputed() {
		failures = append(failures, recipe.impossible()...)
	}
	return infer.CheckResponse[Recipe]{Inputs: recipe, Failures: failures}, nil
}

func (r *Recipe) impossible() []p.CheckFailure {
	var failures []p.CheckFailure
	least, choice := 0, ""
	for _, c := range r.classes() {
		if c.least > 0 && c.characters == "" {
			failures = append(failures, p.CheckFailure{Property: c.name, Reason: "asks for characters that are switched off"})
		}
		least += c.least
		choice += c.characters
	}
	if r.Length < max(1, least) {
		reason := fmt.Sprintf("is %d and must be at least 1 and at least %d, the sum of the minima", r.Length, least)
		failures = append(failures, p.CheckFailure{Property: "length", Reason: reason})
	}
	if choice == "" {
		failures = append(failures, p.CheckFailure{Property: "special", Reason: "leaves no characters to choose from"})
	}
	return failures
}

// compose makes a string: the minima first, then any allowed characters, then all of them shuffled.
func (r *Recipe) compose() (string, error) {
	var result []rune
	choice := ""
	for _, c := range r.classes() {
		choice += c.characters
		for range c.least {
			result = append(result, pick(c.characters))
		}
	}
	if choice == "" || len(result) > r.Length {
		return "", errors.New("no string can have the asked-for length and characters")
	}
	for len(result) < r.Length {
		result = append(result, pick(choice))
	}
	for i := len(result) - 1; i > 0; i-- {
		j := below(i + 1)
		result[i], result[j] = result[j], result[i]
	}
	return string(result), nil
}

func pick(characters string) rune {
	choice := []rune(characters)
	return choice[below(len(choice))]
}

// below is a random number from 0 to limit-1, each as likely as the other.
func below(limit int) int {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		panic(err) // the system's source of randomness does not fail
	}
	return int(n.Int64())
}

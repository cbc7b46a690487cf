/** A resource of a plan. */
export interface PlannedResource {
  readonly type: string;
  readonly name: string;
  /** Inputs. A read of a value that the plan does not know throws an UnknownValueError. */
  readonly props: Readonly<Record<string, unknown>>;
  readonly opts: {
    readonly customTimeouts?: { readonly createSeconds?: number };
    readonly additionalSecretOutputs?: readonly string[];
  };
}

/** A rule of docs/security.md. */
export interface Rule {
  /** Lower-case words with dashes. */
  readonly name: string;
  /** The rule as a sentence. */
  readonly description: string;
  /** Types of the resources that it checks. */
  readonly types: readonly string[];
  /** Describes what is wrong, and ends with the fix. Undefined where the resource obeys the rule. */
  readonly problemOf: (resource: PlannedResource) => string | undefined;
}

/** Result of a rule for a resource. It has neither text where the resource obeys the rule. */
export interface Verdict {
  /** Problem and fix. Pulumi adds the name of the resource. */
  readonly problem?: string;
  /** Why the rule does not judge the resource. */
  readonly silence?: string;
}

/** Applies a rule to a resource. A value that the plan does not know breaks no rule: the run itself knows it. */
export function judge(rule: Rule, resource: PlannedResource): Verdict {
  if (!rule.types.includes(resource.type)) return { silence: "the rule is for other types" };
  try {
    const problem = rule.problemOf(resource);
    return problem === undefined ? {} : { problem };
  } catch (error) {
    // @pulumi/policy (1.21.0) exports this class without its type.
    if (error instanceof Error && error.constructor.name === "UnknownValueError") return { silence: error.message };
    throw error;
  }
}

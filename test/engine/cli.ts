import { execa } from "execa";
import { killTree } from "../support/kill-tree.ts";

/** Time limit of a command. With instant plugins, on a busy machine, the longest takes 20 s. */
const limit = 120_000;

/** The Pulumi CLI, run in a fixed environment, one command at a time. */
export class Cli {
  readonly #environment: Readonly<Record<string, string>>;
  #running: number | undefined;

  /** @param environment Added to this process's own. Its PATH must contain the CLI. */
  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  /** Runs a command to its end, also to a failure. @throws when it takes more than two minutes. */
  async run(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>> = {}) {
    const subprocess = execa("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd,
      env: { ...this.#environment, ...environment },
      all: true,
      reject: false,
      stdin: "ignore",
    });
    this.#running = subprocess.pid;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.kill();
    }, limit);
    const result = await subprocess;
    clearTimeout(timer);
    this.#running = undefined;
    if (!late) return result;
    throw new Error(`pulumi ${args.join(" ")} did not end within ${limit / 1000} s:\n${result.all}`);
  }

  /** Kills the running command and its child processes, as a loss of power does. */
  kill(): void {
    if (this.#running !== undefined) killTree(this.#running);
  }

  /** Interrupts the running command, as Ctrl-C does. */
  interrupt(): void {
    if (this.#running !== undefined) process.kill(this.#running, "SIGINT");
  }
}

import { join } from "node:path";
import { execa } from "execa";
import { backendFolder } from "../../cli/stack/lock.ts";
import { isOperation } from "../../cli/state-service/with-state-service.ts";
import { recoverJournal } from "../../cli/state-service/recover-journal.ts";
import { killTree } from "../support/kill-tree.ts";

/** Time limit of a command. With instant plugins, on a busy machine, the longest takes 20 s. */
const limit = 120_000;

/** The Pulumi CLI, run in a fixed environment, one command at a time. */
export class Cli {
  readonly #environment: Readonly<Record<string, string>>;
  /** Whether operations keep their state in a journal. A test may change it between two commands. */
  journal: boolean;
  #running: number | undefined;

  /**
   * @param environment Added to this process's own. Its PATH must contain the CLI.
   * @param journal Whether operations keep their state in a journal.
   */
  constructor(environment: Readonly<Record<string, string>>, journal: boolean) {
    this.#environment = environment;
    this.journal = journal;
  }

  /** Runs a command to its end, also to a failure. @throws when it takes more than two minutes. */
  async run(args: readonly string[], cwd: string, environment: Readonly<Record<string, string>> = {}) {
    const all = [...args, "--non-interactive", "--color", "never"];
    const [program, words] = this.journal ? await this.#journalled(all) : ["pulumi", all];
    const subprocess = execa(program, words, {
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

  /** Writes the journal of a killed run into the state, as each command does, and returns the command with a journal. */
  async #journalled(args: string[]): Promise<[program: string, args: string[]]> {
    const stack = args[args.indexOf("--stack") + 1] ?? "";
    const folder = backendFolder(this.#environment.PULUMI_BACKEND_URL) ?? "";
    await recoverJournal({ folder, project: "nodeforge", stack: "lab" }, () => undefined);
    if (!isOperation(args)) return ["pulumi", args];
    return [process.execPath, [join(import.meta.dirname, "journalled.ts"), stack, ...args]];
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

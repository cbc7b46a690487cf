import type { InteractiveOptions } from "../../lib/process.ts";
import type { StackSettings } from "./settings.ts";

/** Runs Pulumi on a stack, on a machine that has every tool. */
export interface Session {
  readonly stack: string;
  /** File with the stack's settings, when it is not Pulumi.<stack>.yaml. Every call of Pulumi that reads them must name it. */
  readonly configFile?: string;
  /** Variables for Pulumi beside the user's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** Reads the stack's settings. `up --config` changes them, so no copy is kept. */
  readonly settings: () => StackSettings;
  /** Runs Pulumi on this terminal and returns its exit code. Its output also goes to `onOutput`. */
  readonly pulumi: (
    args: readonly string[],
    onOutput?: InteractiveOptions["onOutput"],
    environment?: Readonly<Record<string, string>>,
  ) => Promise<number>;
  /** Runs Pulumi and returns its standard output. */
  readonly capture: (args: readonly string[]) => Promise<string>;
}

import { readFileSync, writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { inCheckout } from "../../lib/checkout.ts";
import type { Session } from "../../cli/stack/session.ts";
import { readSettings } from "../../cli/stack/settings.ts";
import { Cli } from "./cli.ts";
import { engineEnvironment } from "./environment.ts";
import { serveInstantPlugins, type InstantPlugins } from "./instant-plugins.ts";
import { label } from "./names.ts";
import { resourceExists } from "./resource-types.ts";
import { installVirsh, virsh, type InstalledVirsh } from "./virsh.ts";
import type { Thing } from "./things.ts";
import type { Calls } from "./world.ts";

/** Settings of the stack, without the project's namespace. */
export type Settings = Readonly<Record<string, string | number | boolean | object>>;

/** Result of a command of the CLI. */
export interface Outcome {
  readonly succeeded: boolean;
  readonly stdout: string;
  /** Everything it printed. */
  readonly text: string;
  /** The engine's own log of its events. */
  readonly events: string;
  /** Operations that reached a plugin. */
  readonly calls: Calls;
}

/** A step of a preview. */
export interface Step {
  readonly op: string;
  readonly urn: string;
}

/** A resource in an exported state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly custom: boolean;
  readonly delete?: boolean;
  readonly protect?: boolean;
}

/** An exported state. */
export interface State {
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly { readonly resource: StateResource; readonly type: string }[];
  };
}

/**
 * A stack of the checkout's own program on the real engine, with instant plugins and a state of its own.
 *
 * It runs the CLI as a user does. With the Automation API, no test could cover exit codes, messages, locks and the traces
 * of a kill. `stack init` writes the stack's file into the project's folder. So commands without a program run in a
 * temporary project of the same name. The others get the path of the file.
 */
export class TestStack implements AsyncDisposable {
  /** Temporary folder, also for images and keys of a test. */
  readonly folder: string;
  readonly #plugins: InstantPlugins;
  readonly #virsh: InstalledVirsh;
  readonly #environment: Record<string, string>;
  readonly #name = "lab";
  /** The CLI itself, to kill or interrupt it. */
  readonly cli: Cli;
  settings: Settings;

  private constructor(
    folder: string,
    environment: Record<string, string>,
    plugins: InstantPlugins,
    virsh: InstalledVirsh,
    settings: Settings,
    journal: boolean,
  ) {
    this.folder = folder;
    this.cli = new Cli(environment, journal);
    this.#environment = environment;
    this.#plugins = plugins;
    this.#virsh = virsh;
    this.settings = settings;
  }

  /**
   * Creates an empty stack. Dispose of it with `await using`, also when the test fails.
   * @param journal Whether it keeps its state in a journal. @default NODEFORGE_JOURNAL=on
   */
  static async create(settings: Settings = {}, journal = process.env.NODEFORGE_JOURNAL === "on"): Promise<TestStack> {
    const folder = await mkdtemp(join(tmpdir(), "nodeforge-engine-"));
    const plugins = await serveInstantPlugins();
    const virsh = await installVirsh(join(folder, "bin"), plugins);
    const environment = await engineEnvironment(folder, virsh.folder, plugins.address);
    const stack = new TestStack(folder, environment, plugins, virsh, settings, journal);
    try {
      await Promise.all(["tmp", "state"].map((name) => mkdir(join(folder, name))));
      await writeFile(join(folder, "Pulumi.yaml"), "name: nodeforge\nruntime: nodejs\n");
      await stack.#administer(["stack", "init", stack.#name]);
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
    return stack;
  }

  get world(): InstantPlugins["world"] {
    return this.#plugins.world;
  }

  get guests(): InstantPlugins["guests"] {
    return this.#plugins.guests;
  }

  /** Removes the ssh key from the environment, and sets another home. */
  moveHome(home: string): void {
    Object.assign(this.#environment, { HOME: home, NODEFORGE_SSH_KEY: "" });
  }

  /** Changes settings and runs `pulumi up`. */
  up(settings: Settings = {}, ...args: string[]): Promise<Outcome> {
    this.settings = { ...this.settings, ...settings };
    return this.#operate("up", "--yes", "--skip-preview", ...args);
  }

  /** Destroys the stack as `npm run destroy` does, with the control plane's data. */
  async destroy(): Promise<Outcome> {
    await this.unprotect();
    return this.plainDestroy("--skip-preview");
  }

  /** Runs `pulumi destroy`, whose preview refuses while a resource is protected. */
  plainDestroy(...args: string[]): Promise<Outcome> {
    return this.#operate("destroy", "--yes", ...args);
  }

  /**
   * Previews a change and makes it.
   * @returns the operations, and every difference between them and the preview.
   * @throws when the preview or the change fails.
   */
  async change(settings: Settings): Promise<{ readonly calls: Calls; readonly surprises: readonly string[] }> {
    const preview = await this.preview(settings);
    if (!preview.succeeded) throw new Error(preview.text);
    const announced = operations(preview.steps);
    const { succeeded, text, calls } = await this.up();
    if (!succeeded) throw new Error(text);
    return {
      calls,
      surprises: [
        ...calls.list.filter((operation) => !announced.includes(operation)).map((operation) => `${operation} was done`),
        ...announced
          .filter((operation) => !calls.list.includes(operation))
          .map((operation) => `${operation} was announced`),
      ],
    };
  }

  /** Runs `pulumi preview`. Returns its steps, without those that change nothing. */
  async preview(settings: Settings = {}, ...args: string[]): Promise<Outcome & { readonly steps: readonly Step[] }> {
    this.settings = { ...this.settings, ...settings };
    const outcome = await this.#operate("preview", "--json", ...args);
    const { steps = [] } = JSON.parse(outcome.stdout) as { steps?: Step[] };
    return { ...outcome, steps: steps.filter(({ op }) => op !== "same" && op !== "refresh") };
  }

  /** Removes the protection of every resource. The next `up` restores it. */
  async unprotect(stack = this.#name): Promise<void> {
    await this.#administer(["state", "unprotect", "--all", "--yes", "--stack", stack]);
  }

  /** Runs `pulumi cancel`, which removes the lock of a killed CLI. */
  async cancel(): Promise<void> {
    await this.#administer(["cancel", "--yes", this.#name]);
  }

  /** Returns the differences between the state and the world; none when both match. */
  async drift(): Promise<string[]> {
    return this.driftFrom(await this.export());
  }

  /** Returns the differences between an exported state and the world; none when both match. */
  driftFrom({ deployment: { resources = [] } }: State): string[] {
    const known = resources.filter(({ type }) => resourceExists(type)).map(({ type, id }) => `${type} ${id}`);
    const there = [...this.world.things].map(({ type, id }) => `${type} ${id}`);
    return [
      ...there.filter((thing) => !known.includes(thing)).map((thing) => `the state lacks ${thing}`),
      ...known.filter((thing) => !there.includes(thing)).map((thing) => `the world lacks ${thing}`),
      ...known.filter((thing, index) => known.indexOf(thing) !== index).map((thing) => `the state has ${thing} twice`),
    ];
  }

  async export(): Promise<State> {
    return JSON.parse(await this.exportText()) as State;
  }

  exportText(): Promise<string> {
    return this.#administer(["stack", "export", "--stack", this.#name]);
  }

  /** Session of the stack, as the commands use it. @param said Receives the output of Pulumi. */
  session(said: string[] = []): Session {
    return {
      stack: this.#name,
      variables: this.#environment,
      settings: () => readSettings({ stack: this.#name, configFile: join(this.folder, `Pulumi.${this.#name}.yaml`) }),
      pulumi: async (args) => {
        const { exitCode, all } = await this.cli.run(args, this.folder);
        said.push(all);
        return exitCode ?? 1;
      },
      capture: (args) => this.#administer(args),
    };
  }

  /** Changes settings, and returns a session for commands that run the program. @param said Receives the output of Pulumi. */
  operating(settings: Settings = {}, said: string[] = []): Session {
    this.settings = { ...this.settings, ...settings };
    const file = this.#writeSettings();
    return {
      ...this.session(said),
      configFile: file,
      pulumi: async (args, onOutput, environment = {}) => {
        const { exitCode, all } = await this.cli.run([...args, "--config-file", file], inCheckout(), environment);
        said.push(all);
        onOutput?.(all);
        return exitCode ?? 1;
      },
    };
  }

  /** Runs the fake virsh of PATH without a process. */
  virsh(...args: readonly string[]): Promise<string> {
    return Promise.resolve(virsh(this.#plugins, args));
  }

  /** Output of the stack. A secret one needs `--show-secrets`. */
  async output(name: string, ...args: string[]): Promise<unknown> {
    return JSON.parse(await this.#administer(["stack", "output", name, "--json", "--stack", this.#name, ...args]));
  }

  /** Address of a worker. */
  addressOf(worker: string): string {
    const domain = this.world.ofKind("Domain").find(({ taken }) => taken === `${this.#name}-${worker}`);
    const [lan] = domain?.properties.networkInterfaces as [{ addresses: [string] }];
    return lan.addresses[0];
  }

  /** Saves the stack and the world. Returns a function that restores both. */
  async remember(): Promise<() => Promise<void>> {
    const { world, guests, settings } = this;
    const state = join(this.folder, "state");
    const memory = await mkdtemp(join(this.folder, "remembered-"));
    await cp(state, memory, { recursive: true });
    const [restoreWorld, restoreGuests] = [world.remember(), guests.remember()];
    return async () => {
      await rm(state, { recursive: true });
      await cp(memory, state, { recursive: true });
      restoreWorld();
      restoreGuests();
      this.settings = settings;
    };
  }

  /** Changes every text of the state and of the world, as if an earlier release had created both. */
  async rewrite(change: (text: string) => string): Promise<void> {
    const file = join(this.folder, "rewritten.json");
    await writeFile(file, change(await this.#administer(["stack", "export", "--show-secrets", "--stack", this.#name])));
    await this.#administer(["stack", "import", "--file", file, "--stack", this.#name]);
    for (const thing of [...this.world.things]) {
      this.world.drop(thing);
      this.world.add(JSON.parse(change(JSON.stringify(thing))) as Thing, false);
    }
  }

  /**
   * Continues as another checkout with the same settings, with its own state and the same hypervisor.
   * @returns a function that goes back to the first checkout.
   */
  async elsewhere(): Promise<() => Promise<void>> {
    const state = join(this.folder, "state");
    const setAside = async () => {
      const folder = await mkdtemp(join(this.folder, "checkout-"));
      await rename(state, folder);
      return folder;
    };
    const first = await setAside();
    await mkdir(state);
    await this.#administer(["stack", "init", this.#name]);
    return async () => {
      await setAside();
      await rename(first, state);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cli.kill();
    this.#plugins.close();
    this.#virsh.close();
    // A process that was just killed may still have files open.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Runs a command that runs the program or changes resources. */
  async #operate(command: string, ...args: string[]): Promise<Outcome> {
    const file = this.#writeSettings();
    const events = join(this.folder, "events.json");
    writeFileSync(events, "");
    this.world.takeCalls();
    const common = ["--stack", this.#name, "--config-file", file, "--event-log", events];
    const { exitCode, stdout, all } = await this.cli.run([command, ...common, ...args], inCheckout());
    await this.world.settled();
    return {
      succeeded: exitCode === 0,
      stdout,
      text: all,
      events: readFileSync(events, "utf8"),
      calls: this.world.takeCalls(),
    };
  }

  /** Writes the settings to the stack's file, and returns its path. */
  #writeSettings(): string {
    const file = join(this.folder, `Pulumi.${this.#name}.yaml`);
    const document = parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    const config = Object.fromEntries(Object.entries(this.settings).map(([key, value]) => [`nodeforge:${key}`, value]));
    writeFileSync(file, stringify({ ...document, config }));
    return file;
  }

  /** Runs a command about the stack itself, and returns its output. @throws when it fails. */
  async #administer(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, all } = await this.cli.run(args, this.folder);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${all}`);
    return stdout;
  }
}

/** Operations that the steps of a preview will cause in plugins. */
function operations(steps: readonly Step[]): string[] {
  // A preview has one step for a resource that is replaced.
  const actions: Record<string, readonly string[]> = {
    create: ["create"],
    update: ["update"],
    delete: ["delete"],
    replace: ["create", "delete"],
  };
  return steps.flatMap(({ op, urn }) => {
    // Components reach no plugin, and every run configures the providers again.
    return /::(nodeforge:|pulumi:|.*\$pulumi:|.*\$nodeforge:)[^$]*::/.test(urn)
      ? []
      : (actions[op] ?? []).map((action) => `${action} ${label(urn)}`);
  });
}

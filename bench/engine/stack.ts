import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { garbageCollection } from "../../cli/stack/garbage-collection.ts";
import { parallelism } from "../../cli/stack/parallelism.ts";
import { readSettings } from "../../cli/stack/settings.ts";
import { usesJournal, type JournalChoice } from "../../cli/state-service/choice.ts";
import { pathsOf } from "../../cli/state-service/places.ts";
import { isOperation } from "../../cli/state-service/with-state-service.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { run } from "../../lib/process.ts";
import { engineEnvironment } from "../../test/engine/environment.ts";
import { Guests } from "../../test/engine/guests.ts";
import { serveInstantPlugins, type InstantPlugins } from "../../test/engine/instant-plugins.ts";
import { writeImage } from "../../test/engine/material.ts";
import { installVirsh, type InstalledVirsh } from "../../test/engine/virsh.ts";
import { World, type Calls } from "../../test/engine/world.ts";
import { measure, type Measures } from "./measure.ts";
import { runInstantly } from "./scripts.ts";

const name = "lab";

/** Program that runs Pulumi with the state service. */
const journalled = inCheckout("test", "engine", "journalled.ts");

/** Size of a state. */
export interface StateSize {
  readonly bytes: number;
  readonly resources: number;
}

/** Arguments of a measured command of Pulumi. */
export interface Command {
  readonly args: readonly string[];
  /** Number of workers in the settings. */
  readonly workers: number;
  /** Whether the settings name the second image. */
  readonly isSecondImage?: boolean;
  /** Wall seconds after which the command is stopped. */
  readonly limit: number;
}

/**
 * A stack of the checkout's own program on the real engine, as the engine tier has it, in sizes of thousands of workers. No
 * operation of its plugins waits, and none looks at the other workers.
 */
export class BenchStack implements AsyncDisposable {
  readonly #folder: string;
  readonly #plugins: InstantPlugins;
  readonly #virsh: InstalledVirsh;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #second: string;
  readonly #journal: JournalChoice;

  private constructor(
    folder: string,
    plugins: InstantPlugins,
    virsh: InstalledVirsh,
    environment: Readonly<Record<string, string>>,
    second: string,
    journal: JournalChoice,
  ) {
    this.#folder = folder;
    this.#plugins = plugins;
    this.#virsh = virsh;
    this.#environment = environment;
    this.#second = second;
    this.#journal = journal;
  }

  /** Creates an empty stack. @param journal Whether its state is kept in a journal. */
  static async create(journal: JournalChoice): Promise<BenchStack> {
    const folder = await mkdtemp(join(tmpdir(), "nodeforge-bench-"));
    const plugins = await serveInstantPlugins(new World(0), new Guests(runInstantly));
    const virsh = await installVirsh(join(folder, "bin"), plugins);
    const environment = await engineEnvironment(folder, virsh.folder, plugins.address);
    const second = await writeImage(folder, "second.qcow2", "second");
    const stack = new BenchStack(folder, plugins, virsh, environment, second, journal);
    await Promise.all(["tmp", "state"].map((part) => mkdir(join(folder, part))));
    await writeFile(join(folder, "Pulumi.yaml"), "name: nodeforge\nruntime: nodejs\n");
    await stack.#administer("stack", "init", name);
    return stack;
  }

  /** Runs a command of Pulumi, and measures it. */
  async measure({ args, workers, isSecondImage, limit }: Command): Promise<Measures & { readonly calls: Calls }> {
    const file = join(this.#folder, `Pulumi.${name}.yaml`);
    // 65,000 addresses of nodes, and a /24 of pods for each of 4,000 nodes.
    const machines = { networkCidr: "192.168.0.0/16", dhcpEnd: "192.168.255.254" };
    const networks = { ...machines, podCidr: "10.0.0.0/12", serviceCidr: "10.96.0.0/16" };
    const values = { workers, ...networks, ...(isSecondImage ? { image: this.#second } : {}) };
    const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`nodeforge:${key}`, value]));
    const { encryptionsalt } = parse(await readFile(file, "utf8")) as { readonly encryptionsalt: string };
    await writeFile(file, stringify({ encryptionsalt, config }));
    this.#plugins.world.takeCalls();
    const state = join(this.#folder, "state");
    const settings = readSettings({ stack: name, configFile: file });
    const place = { folder: state, project: "nodeforge", stack: name };
    const { journal } = pathsOf(place);
    const isJournalled = isOperation(args) && usesJournal(this.#journal, place, settings);
    // The service is a process of its own here, because its costs would be those of the plugins otherwise.
    const [program, before] = isJournalled ? [process.execPath, [journalled, name]] : ["pulumi", []];
    // A folder that does not exist cannot be watched.
    await mkdir(dirname(journal), { recursive: true });
    const measures = await measure({
      program,
      args: [...before, ...args, "--stack", name, "--config-file", file, "--non-interactive", "--color", "never"],
      cwd: inCheckout(),
      // As the CLI does, which runs more operations at a time than Pulumi on its own.
      environment: { ...this.#environment, ...parallelism(settings, {}), ...garbageCollection(settings, {}) },
      state: {
        folders: [join(state, ".pulumi", "stacks", "nodeforge"), dirname(journal)],
        name: new RegExp(`^${name}\\.(json|json\\.bak|journal)$`),
      },
      limit,
    });
    return { ...measures, calls: this.#plugins.world.takeCalls() };
  }

  /** Removes the protection of every resource, so that the stack can be destroyed. */
  async unprotect(): Promise<void> {
    await this.#administer("state", "unprotect", "--all", "--yes", "--stack", name);
  }

  async size(): Promise<StateSize> {
    const text = await readFile(join(this.#folder, "state", ".pulumi", "stacks", "nodeforge", `${name}.json`), "utf8");
    const { checkpoint } = JSON.parse(text) as { checkpoint: { latest?: { resources?: readonly unknown[] } } };
    return { bytes: Buffer.byteLength(text), resources: checkpoint.latest?.resources?.length ?? 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#plugins.close();
    this.#virsh.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Runs a command about the stack itself. It may take minutes in a large stack. */
  async #administer(...args: readonly string[]): Promise<void> {
    const env = { ...this.#environment };
    await run("pulumi", [...args, "--non-interactive"], { cwd: this.#folder, env, timeout: 1_800_000 });
  }
}

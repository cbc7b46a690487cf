import { schedulerSandboxLines } from "../../../guest/sandbox.ts";
import { object, readJson, text } from "../../../lib/outside.ts";
import type { ObservedAt, UsageSample } from "../metrics/usage.ts";
import type { Scrape } from "../run/repetition.ts";
import type { ControlPlaneShell } from "../../node-ssh.ts";
import type { Contestant } from "./contestant.ts";
import { readObservation, type ProcessorTicks } from "./observation.ts";

const activation = { name: "the control plane's answer to a change of its scheduler", fix: "npm run diagnose" };
const activationShape = object({ invocation: text });

/** Lines of a scheduler's journal that are kept. */
const journalLines = 2_000;

/** Sections of an observation, in the order in which the control plane reads them. */
const sections: Readonly<Record<ObservedAt, string>> = {
  start: "metrics usage",
  between: "usage",
  end: "usage metrics",
};

/** Facts of the control plane about its programs. */
export interface Seen {
  readonly scrapes: readonly Omit<Scrape, "when">[];
  readonly usage: readonly UsageSample[];
}

/** Pods of a scheduler under test. */
export interface SchedulerPods {
  readonly uids: readonly string[];
  /** URL below which /metrics is; undefined where there are none. */
  readonly url?: string;
}

/** The scheduler of a control plane that is reached by ssh: which one runs, and what it uses. */
export class SchedulerControl {
  readonly #shell: Pick<ControlPlaneShell, "run" | "copy">;
  readonly #limitSeconds: number;
  /** Invocation of the scheduler's unit; empty while none runs. */
  #invocation = "";
  /** Invocation that the last observation saw. */
  #seen = "";
  /** Unit that the last observation saw. */
  #unit = "";
  #ticks: ProcessorTicks | undefined;

  /** @param limitSeconds Time after which a scheduler under test is ended, whatever becomes of this process. */
  constructor(shell: Pick<ControlPlaneShell, "run" | "copy">, limitSeconds: number) {
    this.#shell = shell;
    this.#limitSeconds = limitSeconds;
  }

  /** Copies a scheduler's program to the control plane, unless it is there. */
  async provide({ binary, binarySha256 }: Contestant): Promise<void> {
    if (binary !== undefined && binarySha256 !== undefined) await this.#shell.copy(binary, binarySha256);
  }

  /** Starts a scheduler in the place of any other one, and waits until it is healthy. */
  async activate(contestant: Contestant): Promise<void> {
    await this.#swap(contestant, "yes");
  }

  /** Leaves the control plane without a scheduler until the next call, so that a backlog of pods can arise. */
  async pause(contestant: Contestant): Promise<void> {
    await this.#swap(contestant, "no");
  }

  /** Leaves the control plane without a scheduler of its own for a scheduler elsewhere, at most until the limit of time. */
  async leave(contestant: Contestant): Promise<void> {
    await this.#swap(contestant, "outside");
  }

  /** Imports an archive of images into the control plane's containerd. {@link restore} removes them. */
  async importImages({ file, sha256 }: { readonly file: string; readonly sha256: string }): Promise<void> {
    await this.#shell.copy(file, sha256);
    await this.#shell.run("bench-images", { SHA256: sha256 });
  }

  /** Ends the scheduler under test, and starts the shipped one. Removes programs and images. May be called at any time. */
  async restore(): Promise<void> {
    this.#invocation = "";
    await this.#shell.run("bench-restore");
  }

  /**
   * Reads the usage, and the metrics at an edge of the window. The share of stolen time counts from the observation before, and is 0
   * at the start of the window.
   * @param clock Milliseconds since the start of the repetition.
   * @param pods Pods that are the scheduler. @default a unit is
   */
  async observe(when: ObservedAt, clock: () => number, pods?: SchedulerPods): Promise<Seen> {
    const begun = clock();
    const text = await this.#shell.run("bench-observe", {
      SECTIONS: sections[when],
      ...(pods === undefined ? {} : { PODS: pods.uids.join(" "), URL: pods.url ?? "" }),
    });
    // Metrics take seconds, and the usage is read after them at the start.
    const at = when === "start" ? clock() : begun;
    // The time before the window has the clean-up, whose load says nothing about the window.
    const before = when === "start" ? undefined : this.#ticks;
    const context = { when: "after", at, ...(before === undefined ? {} : { before }) } as const;
    const { scrapes, usage, ticks, invocation, unit } = readObservation(text, context);
    this.#ticks = ticks;
    this.#seen = invocation;
    this.#unit = unit;
    return { scrapes, usage: usage === undefined ? [] : [usage] };
  }

  /** Returns the end of the journal of the scheduler under test. @param namespace Of its pods. @default a unit has it */
  journal(namespace?: string): Promise<string> {
    return this.#shell.run("bench-journal", {
      LINES_KEPT: journalLines,
      INVOCATION: this.#invocation,
      ...(namespace === undefined ? {} : { NAMESPACE: namespace }),
    });
  }

  /** Whether the last observation saw a scheduler of the control plane itself. */
  get sawUnit(): boolean {
    return this.#unit !== "";
  }

  /** Whether the last observation saw the scheduler that was started last. systemd never restarts a transient unit. */
  get ran(): boolean {
    return this.#invocation !== "" && this.#seen === this.#invocation;
  }

  async #swap(
    { name, binarySha256 = "", configuration, arguments: given }: Contestant,
    start: "yes" | "no" | "outside",
  ) {
    const stdin = `${given.map((argument) => `${argument}\n`).join("")}\n${configuration}`;
    const parameters = {
      NAME: name,
      SHA256: binarySha256,
      LIMIT_SECONDS: this.#limitSeconds,
      START: start,
      SANDBOX: schedulerSandboxLines(),
    };
    this.#invocation = "";
    const printed = await this.#shell.run("bench-activate", parameters, stdin);
    this.#invocation = readJson<{ readonly invocation: string }>(printed, activation, activationShape).invocation;
  }
}

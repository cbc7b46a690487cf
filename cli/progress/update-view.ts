import { duration, logLine, type Log } from "../../lib/log.ts";
import { onTerminal, which } from "../../lib/process.ts";
import type { Display, Window } from "./display.ts";
import { parseEvent, type EngineEvent } from "../engine-events/engine-event.ts";
import { EventStream } from "../engine-events/event-stream.ts";
import { interruptionLines } from "./interruption.ts";
import { liveDisplay } from "./live-display.ts";
import { NodeProgress } from "./node-progress.ts";
import { plainDisplay } from "./plain-display.ts";
import { asksForPulumi, skipsPreview } from "./pulumi-output.ts";

/** Another receiver of the events, and places that a test replaces. */
export interface ViewPlaces {
  /** Receives every event of the plan and of the update, before the view. @default none */
  readonly onEvent?: (event: EngineEvent) => void;
  /** @default the standard output */
  readonly window?: Window;
  /** Whether lines can be redrawn. @default whether input and output are a terminal, and Pulumi redraws its own */
  readonly isTerminal?: boolean;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/**
 * The lines of an update, one for each node, in place of Pulumi's own display.
 *
 * One call of Pulumi plans, asks and updates. Pulumi's display stays while it plans and asks, because only Pulumi has the details
 * of its plan. Two calls would need a question of nodeforge, and would run the program and its checks once more. Each of the two
 * parts has its own stream of events. So the second stream tells the moment from which Pulumi's output only goes to the log.
 */
export class UpdateView implements AsyncDisposable {
  readonly #args: readonly string[];
  readonly #places: Required<ViewPlaces>;
  readonly #progress = new NodeProgress();
  #stream: EventStream | undefined;
  #display: Display | undefined;
  #isOver = false;
  #began = 0;
  #ended = 0;

  private constructor(args: readonly string[], places: Required<ViewPlaces>) {
    this.#args = args;
    this.#places = places;
  }

  /**
   * Opens a view of `pulumi up`.
   * @param args Arguments of Pulumi.
   * @returns undefined where the arguments ask for Pulumi's own display, or it cannot be replaced.
   */
  static async open(args: readonly string[], places: ViewPlaces = {}): Promise<UpdateView | undefined> {
    const { window = process.stdout, isTerminal = redraws(args), log = logLine, onEvent = () => undefined } = places;
    // Without `script`, Pulumi writes to the terminal itself (lib/process.ts), so nothing can hide its display.
    if (asksForPulumi(args) || (onTerminal() && which("script") === undefined)) return undefined;
    const view = new UpdateView(args, { window, isTerminal, log, onEvent });
    try {
      view.#stream = await EventStream.open({
        onBegin: (index) => view.#begin(index),
        onEvent: (line) => view.#take(line),
      });
      return view;
    } catch (error) {
      log(`Pulumi's own display is used, because its events cannot be received: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Options that Pulumi needs in addition. */
  get options(): readonly string[] {
    return this.#stream?.options ?? [];
  }

  /** Variables that Pulumi needs in addition. */
  get variables(): Readonly<Record<string, string>> {
    return this.#stream?.variables ?? {};
  }

  /** Whether this view shows an update at the moment, so that Pulumi's output must not reach the terminal. */
  readonly hidesPulumi = (): boolean => this.#display !== undefined;

  /** Whether this view has shown an update. */
  get hasShown(): boolean {
    return this.#began > 0;
  }

  /** Prints a line that stays. */
  readonly say = (line: string): void => {
    if (this.#display === undefined) this.#places.log(line);
    else this.#display.say(line);
  };

  /** Times and changes of the update, as lines. */
  totals(): readonly string[] {
    const phases = this.#progress.longest.map(([phase, time]) => `${phase} ${duration(time)}`);
    const changes = Object.entries(this.#progress.changes)
      .filter(([operation, count]) => count > 0 && operation !== "same")
      .map(([operation, count]) => `${count} ${pastOf[operation] ?? operation}`);
    return [
      `total ${duration(this.#ended - this.#began)}, resources: ${changes.length === 0 ? "none changed" : changes.join(", ")}`,
      ...(phases.length === 0 ? [] : [`longest of a node: ${phases.join(", ")}`]),
    ];
  }

  #begin(index: number): void {
    if (index === 0 && !skipsPreview(this.#args)) return;
    const { window, isTerminal } = this.#places;
    this.#began = performance.now();
    this.#display = isTerminal
      ? liveDisplay(window, this.#began, { now: () => performance.now() })
      : plainDisplay(window, this.#began);
  }

  #take(line: string): void {
    const event = parseEvent(line);
    if (event === undefined) return;
    this.#places.onEvent(event);
    const at = performance.now();
    // The arguments did not say that Pulumi plans first.
    if (event.is === "begun" && event.step.isPlanned && this.#display !== undefined) {
      this.#end(at);
      this.#began = 0;
    }
    if (this.#display === undefined || this.#isOver) return;
    if (event.is === "notice") {
      for (const line of interruptionLines(event.text, this.#progress)) this.#display.say(line);
    }
    this.#display.show(this.#progress, this.#progress.take(event, at), at);
    if (event.is === "over") {
      this.#isOver = true;
      this.#ended = at;
    }
  }

  #end(at: number): void {
    this.#display?.end(this.#progress, at);
    this.#display = undefined;
  }

  /** Ends the display. */
  async [Symbol.asyncDispose](): Promise<void> {
    const at = performance.now();
    if (!this.#isOver) this.#ended = at;
    this.#isOver = true;
    this.#end(this.#ended);
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined) return;
    if (stream.unreadable > 0) {
      this.#places.log(`${stream.unreadable} events of Pulumi could not be read, so lines may be missing`);
    }
    await stream[Symbol.asyncDispose]();
  }
}

/** Whether Pulumi redraws its display here (3.250, sdk/go/common/util/cmdutil/console.go). */
function redraws(args: readonly string[], { TERM, CI }: NodeJS.ProcessEnv = process.env): boolean {
  return onTerminal() && TERM?.toLowerCase() !== "dumb" && !CI && !args.includes("--non-interactive");
}

const pastOf: Readonly<Record<string, string>> = {
  create: "created",
  update: "updated",
  delete: "deleted",
  replace: "replaced",
};

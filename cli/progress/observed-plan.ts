import { PlannedLoss } from "../backup/planned-loss.ts";
import { parseEvent, type EngineEvent } from "../engine-events/engine-event.ts";
import { skipsPreview } from "./pulumi-output.ts";

/** The plan of an update, as the engine's events tell it. */
export class ObservedPlan {
  readonly #plan = new PlannedLoss();

  /** Takes the next event. Those of the update itself are ignored. */
  readonly take = (event: EngineEvent | undefined): void => {
    if (event?.is === "begun" && event.step.isPlanned) this.#plan.take(event.step);
    if (event?.is === "summary" && event.isPreview) this.#plan.end();
  };

  /** Takes the next event, which is one line of JSON. @throws when it is no event. */
  readonly takeLine = (line: string): void => this.take(parseEvent(line));

  /** Loss of the control plane, as in {@link PlannedLoss}. */
  get loss(): PlannedLoss["loss"] {
    return this.#plan.loss;
  }
}

/** Whether arguments of `pulumi up` keep its plan from being observed: there is none, or Pulumi's one log of events is the user's. */
export function hidesPlan(args: readonly string[]): boolean {
  return skipsPreview(args) || args.some((argument) => /^--event-log(=|$)/.test(argument));
}

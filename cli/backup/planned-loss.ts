import { isControlPlaneMachine, isDataDisk } from "../../names.ts";
import { parseEvent, type EngineEvent } from "../engine-events/engine-event.ts";

/** Part of a control plane that a plan deletes or replaces: its machine, or its data disk. */
export type ControlPlaneLoss = "machine" | "data";

/** Steps after which the present resource no longer exists. */
const losing: ReadonlySet<string> = new Set([
  "delete",
  "delete-replaced",
  "replace",
  "create-replacement",
  "import-replacement",
]);

/** The plan of an update, as far as it concerns the control plane. Give it the engine's events. */
export class PlannedLoss {
  #loss: ControlPlaneLoss | undefined;
  #isComplete = false;

  /** Takes the next event. Those of the update itself are ignored. */
  readonly take = (event: EngineEvent | undefined): void => {
    if (event?.is === "summary" && event.isPreview) this.#isComplete = true;
    if (event?.is !== "begun" || !event.step.isPlanned || !losing.has(event.step.op)) return;
    if (isDataDisk(event.step.urn)) this.#loss = "data";
    else if (isControlPlaneMachine(event.step.urn)) this.#loss ??= "machine";
  };

  /** Takes the next event, which is one line of JSON. @throws when it is no event. */
  readonly takeLine = (line: string): void => this.take(parseEvent(line));

  /** Loss of the control plane; undefined for none, and "unknown" for a plan whose end was not seen. */
  get loss(): ControlPlaneLoss | "unknown" | undefined {
    return this.#loss ?? (this.#isComplete ? undefined : "unknown");
  }
}

import { isControlPlaneMachine, isDataDisk } from "../../names.ts";

/** Part of a control plane that a plan deletes or replaces: its machine, or its data disk. */
export type ControlPlaneLoss = "machine" | "data";

/** A step of the engine (3.250, sdk/go/common/apitype/events.go). */
export interface EngineStep {
  readonly op: string;
  readonly urn: string;
}

/** Steps after which the present resource no longer exists. */
const losing: ReadonlySet<string> = new Set([
  "delete",
  "delete-replaced",
  "replace",
  "create-replacement",
  "import-replacement",
]);

/** A plan, as far as it concerns the control plane. Give it the steps and the end of a preview. */
export class PlannedLoss {
  #loss: ControlPlaneLoss | undefined;
  #isComplete = false;

  /** Takes a planned step. */
  take({ op, urn }: EngineStep): void {
    if (!losing.has(op)) return;
    if (isDataDisk(urn)) this.#loss = "data";
    else if (isControlPlaneMachine(urn)) this.#loss ??= "machine";
  }

  /** Takes the end of the plan. */
  end(): void {
    this.#isComplete = true;
  }

  /** Loss of the control plane; undefined for none, and "unknown" for a plan whose end was not seen. */
  get loss(): ControlPlaneLoss | "unknown" | undefined {
    return this.#loss ?? (this.#isComplete ? undefined : "unknown");
  }
}

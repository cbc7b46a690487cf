import type fc from "fast-check";
import { desiredAfter, type Change } from "./soak-changes.ts";
import { changeByHand, damages, isPossible, type ByHand, type Hands } from "./soak-damages.ts";
import type { Model } from "./soak-model.ts";
import type { Stop } from "./soak-stops.ts";

/** Operation that runs `up`. Every other operation leaves its work to the next one. */
type Run = { readonly do: "up"; readonly stop?: Stop } | { readonly do: "remove data disk" };

/** One operation of a soak, as the list of a failure names it. */
export type Operation = Change | ByHand | Run;

/** Cluster that operations change, and that knows what they may not change. */
export interface SoakTarget {
  /** Operations since the last reset. */
  readonly performed: Operation[];
  readonly hands: Hands;
  /** Goes back to the first cluster. */
  reset(): Promise<void>;
  /** Compares libvirt and Kubernetes with the model, without the engine. @throws when they differ. */
  check(model: Model): void;
  /** Gives the cluster the desired settings, unless the run ends early. @throws when the model expects another result. */
  run(model: Model, stop?: Stop): Promise<void>;
  /** @throws when an unchanged run changes something. */
  expectNothingToDo(): Promise<void>;
  /** Removes the data disk, and expects that the next run is refused. */
  loseData(model: Model): Promise<void>;
}

/** An operation that fast-check performs on the model and on a cluster. */
export class Step implements fc.AsyncCommand<Model, SoakTarget> {
  readonly operation: Operation;

  constructor(operation: Operation) {
    this.operation = operation;
  }

  check(model: Readonly<Model>): boolean {
    const { operation } = this;
    if (isRun(operation)) return true;
    return isByHand(operation) ? isPossible(operation, model) : desiredAfter(operation, model) !== undefined;
  }

  async run(model: Model, cluster: SoakTarget): Promise<void> {
    const { operation } = this;
    cluster.performed.push(operation);
    if (isRun(operation)) {
      await (operation.do === "up" ? cluster.run(model, operation.stop) : cluster.loseData(model));
    } else if (isByHand(operation)) {
      changeByHand(operation, model, cluster.hands);
    } else {
      model.want(desiredAfter(operation, model)!);
    }
    cluster.check(model);
  }

  toString(): string {
    return JSON.stringify(this.operation);
  }
}

function isRun(operation: Operation): operation is Run {
  return operation.do === "up" || operation.do === "remove data disk";
}

function isByHand(operation: Change | ByHand): operation is ByHand {
  return operation.do in damages || operation.do === "remove base image" || operation.do === "reboot";
}

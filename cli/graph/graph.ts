import type { Condition } from "./condition.ts";

/** A box of a drawing. */
export interface Box {
  /** Letters and digits only, because Mermaid has keywords and marks. */
  readonly id: string;
  readonly kind:
    "hypervisor" | "network" | "storage-pool" | "base-image" | "control-plane" | "worker" | "workers" | "simulated";
  /** Lines of its text; the first is its name. */
  readonly lines: readonly string[];
  readonly condition: Condition;
  /** Id of the frame around it. */
  readonly frame?: string;
}

/** A frame around boxes, such as a worker pool. */
export interface Frame {
  readonly id: string;
  readonly name: string;
}

/** An arrow from one box to another one. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
}

/** Drawing of a cluster, without places and colours. */
export interface Graph {
  readonly title: string;
  readonly boxes: readonly Box[];
  readonly frames: readonly Frame[];
  readonly arrows: readonly Arrow[];
}

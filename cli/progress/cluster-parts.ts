/** A part of the cluster that is no node's, such as its network. */
export interface PartView {
  readonly name: string;
  /** Begin of its work, in milliseconds. */
  readonly since: number;
}

/** Change of a part by an event. */
export interface PartChange {
  readonly is: "part";
  readonly name: string;
  readonly state: "begun" | "ended" | "failed";
  /** Time since its begin. */
  readonly seconds: number;
}

/** Parts of a cluster in an update. Several steps of one part may run at the same time: it ends with the last of them. */
export class ClusterParts {
  readonly #parts = new Map<string, { readonly since: number; readonly steps: number }>();

  /** Parts that are at work, in the order of their first step. */
  get views(): readonly PartView[] {
    return [...this.#parts].filter(([, { steps }]) => steps > 0).map(([name, { since }]) => ({ name, since }));
  }

  /** A step of a part begins. @param at Time in milliseconds. @returns the change; none while an earlier step runs. */
  begin(name: string, at: number): readonly PartChange[] {
    const { since, steps } = this.#parts.get(name) ?? { since: at, steps: 0 };
    this.#parts.set(name, { since: steps === 0 ? at : since, steps: steps + 1 });
    return steps === 0 ? [{ is: "part", name, state: "begun", seconds: 0 }] : [];
  }

  /** A step of a part ends. @returns the change; none while another step runs, unless this one has failed. */
  end(name: string, state: "ended" | "failed", at: number): readonly PartChange[] {
    const { since, steps } = this.#parts.get(name) ?? { since: at, steps: 1 };
    this.#parts.set(name, { since, steps: steps - 1 });
    return state === "ended" && steps > 1 ? [] : [{ is: "part", name, state, seconds: (at - since) / 1000 }];
  }
}

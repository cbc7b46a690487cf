import { PriorState } from "../../lifecycle/prior-state.ts";
import { resourceType, type ResourceType } from "../../names.ts";
import { urn } from "./urn.ts";

/** Outputs of resources, by type and name: `{ "domain lab-master": { vcpu: 2 } }`. */
export type PriorOutputs = Readonly<Record<`${ResourceType} ${string}`, Readonly<Record<string, unknown>>>>;

/** Returns a prior state with these resources. */
export function priorStateOf(outputs: PriorOutputs): PriorState {
  return new PriorState(
    new Map(
      Object.entries(outputs).map(([key, outputs]) => {
        const [kind, name = ""] = key.split(" ") as [ResourceType, string?];
        const type = resourceType[kind];
        return [urn(type, name, "dev"), { type, name, outputs }];
      }),
    ),
  );
}

import { PriorState } from "../../lifecycle/prior-state.ts";
import { urn } from "./urn.ts";

/** What a stack would remember of these resources, each keyed by the last part of its type and its name. */
export function priorStateOf(outputs: Readonly<Record<string, Record<string, unknown>>>): PriorState {
  return new PriorState(
    new Map(
      Object.entries(outputs).map(([key, outputs]) => {
        const [kind = "", name = ""] = key.split(" ");
        const type = `test:index:${kind}`;
        return [urn(type, name, "dev"), { type, name, outputs }];
      }),
    ),
  );
}

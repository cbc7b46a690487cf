import type { ApiScript } from "../../test/engine/guests.ts";
import type { ScriptOutcome } from "../../test/engine/shell.ts";

const nothing: ScriptOutcome = {
  result: "",
  deleted: [],
  registered: [],
  givenBack: undefined,
  expected: undefined,
};

/**
 * Returns the outcome of a script on the control plane without a process. The engine tier runs the scripts in bash, which
 * costs 50 ms of CPU each and reads the list of all nodes.
 */
export function runInstantly({ name, parameters, surroundings }: ApiScript): ScriptOutcome {
  const { WORKER_NAME: worker = "" } = parameters;
  switch (name) {
    case "mint-token":
    case "renew-token":
      return { ...nothing, result: JSON.stringify({ token: surroundings.TOKEN, caCertHash: "sha256:0", seconds: 0 }) };
    case "leave":
      return { ...nothing, deleted: [worker] };
    default:
      return { ...nothing, result: JSON.stringify({ seconds: { ready: 0 } }) };
  }
}

import { controlPlane, nodesOf } from "./soak-settings.ts";
import type { Model, NodeState } from "./soak-model.ts";
import type { Call, Calls } from "./world.ts";

/** Time without a worker, by the positions of calls. */
interface Outage {
  readonly name: string;
  /** Before every call for a worker that was unavailable before the run. */
  readonly from: number;
  /** Infinity for a worker that did not become Ready. */
  readonly to: number;
}

/** First call of an action on a step of a worker. */
function callOf(calls: Calls, action: Call["action"], name: string, step: string): Call | undefined {
  return calls.all.find((call) => call.action === action && call.resource === `Command ${name}-${step}`);
}

/** Outage of a worker in a run; undefined for a worker that stayed in the cluster. */
function outageOf(calls: Calls, name: string, wasDown: boolean): Outage | undefined {
  const from = wasDown ? -1 : callOf(calls, "delete", name, "token")?.began;
  if (from === undefined) return undefined;
  return { name, from, to: callOf(calls, "create", name, "ready")?.ended ?? Infinity };
}

/** Service of a worker after a run that did not end successfully. @param isKilled The state may lack ended operations. */
export function serviceAfter(
  calls: Calls,
  name: string,
  before: NodeState | undefined,
  isKilled: boolean,
): NodeState["service"] {
  if (before === undefined || before.service === "unknown") return "unknown";
  const outage = outageOf(calls, name, before.service === "down" || before.damage.has("domain"));
  if (outage === undefined) return "up";
  if (isKilled) return callOf(calls, "create", name, "ready") ? "unknown" : "down";
  return outage.to === Infinity ? "down" : "up";
}

/**
 * Returns each moment at which a run made a worker unavailable although maxUnavailable workers were unavailable already.
 * @param model The model before the run.
 */
export function outageProblems({ desired, nodes }: Model, calls: Calls): readonly string[] {
  const kept = nodesOf(desired);
  const outages: Outage[] = [];
  const planned: Outage[] = [];
  for (const [name, { damage, service }] of nodes) {
    if (name === controlPlane || !kept.has(name) || service === "unknown") continue;
    const wasDown = service === "down" || damage.has("domain");
    const outage = outageOf(calls, name, wasDown);
    if (outage === undefined) continue;
    outages.push(outage);
    if (!wasDown && !damage.has("Node") && !damage.has("off")) planned.push(outage);
  }
  return planned.flatMap(({ name, from }) => {
    const others = outages.filter((other) => other.name !== name && other.from < from && from < other.to);
    const names = others.map((other) => other.name).join(", ");
    return others.length < desired.maxUnavailable
      ? []
      : [`${name} became unavailable beside ${names}, and maxUnavailable is ${desired.maxUnavailable}`];
  });
}

import { anyObject, object, readJson, text } from "../../lib/outside.ts";
import { nameOfUrn, suffix } from "../../names.ts";
import { kindOfType } from "./resource-kinds.ts";

/** A resource that a plan deletes or replaces, and that cannot be restored. */
export interface Loss {
  readonly verb: "delete" | "replace";
  /** Kind of resource, in a word or two. */
  readonly kind: string;
  /** Resource name. */
  readonly name: string;
}

/** A step of a plan in the engine's event log (3.250, sdk/go/common/apitype/events.go). */
interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: { readonly inputs?: Readonly<Record<string, unknown>> } | null;
}

/** Steps that delete or replace. The engine has several of them for one replacement. */
const verbs: ReadonlyMap<string, Loss["verb"]> = new Map([
  ["delete", "delete"],
  ["delete-replaced", "delete"],
  ["replace", "replace"],
  ["create-replacement", "replace"],
  ["import-replacement", "replace"],
]);

/** Steps that delete nothing. A step that is in neither list is one of a later engine, and counts as a deletion. */
const harmless = [
  "same",
  "create",
  "update",
  "read",
  "read-replacement",
  "refresh",
  "discard",
  "discard-replaced",
  "remove-pending-replace",
  "import",
];

const source = { name: "the engine's log of the plan", fix: "run the command again" };
const oldState = { ...object({}, { inputs: anyObject }), type: ["object", "null"] };
const eventShape = object(
  {},
  { resourcePreEvent: object({ metadata: object({ op: text, urn: text, type: text }, { old: oldState }) }) },
);

/**
 * Returns every loss of a plan; none for a plan that creates, updates in place, or repeats steps.
 *
 * Components, providers and commands without a delete command are no losses. A command with one is: its deletion removes a
 * worker from Kubernetes, or shuts a machine down.
 * @param events The engine's event log of a preview: a JSON object a line.
 * @throws when the log has no end, because it may then be incomplete.
 */
export function plannedLosses(events: string): readonly Loss[] {
  const losses = new Map<string, Loss>();
  let isComplete = false;
  for (const line of events.split("\n").filter(Boolean)) {
    const event = readJson<{
      readonly summaryEvent?: object;
      readonly resourcePreEvent?: { readonly metadata: StepMetadata };
    }>(line, source, eventShape);
    isComplete ||= event.summaryEvent !== undefined;
    const step = event.resourcePreEvent?.metadata;
    if (step === undefined || harmless.includes(step.op) || !canBeLost(step)) continue;
    const verb = verbs.get(step.op) ?? "delete";
    // A replacement has a deletion among its steps. A deletion has no replacement.
    if (verb === "delete" && losses.has(step.urn)) continue;
    losses.set(step.urn, { verb, kind: kindOf(step), name: nameOfUrn(step.urn) });
  }
  if (!isComplete) {
    throw new Error(
      "the engine's log of the plan has no end, so the deletions are unknown. Fix: run the command again",
    );
  }
  return [...losses.values()];
}

function canBeLost({ type, old }: StepMetadata): boolean {
  if (/^(nodeforge:|pulumi:)/.test(type)) return false;
  return !isStep(type) || typeof old?.inputs?.delete === "string";
}

function isStep(type: string): boolean {
  return /^command:(remote|local):Command$/.test(type);
}

function kindOf({ type, urn }: StepMetadata): string {
  if (isStep(type)) return urn.endsWith(suffix.token) ? "membership of a worker" : "step with an undo";
  return kindOfType(type) ?? (type.startsWith("random:") ? "identity of the cluster" : type);
}

/** Lists losses, one a line. */
export function describeLosses(losses: readonly Loss[]): string {
  return losses.map(({ verb, kind, name }) => `  ${verb.padEnd("replace".length)}  ${kind} ${name}`).join("\n");
}

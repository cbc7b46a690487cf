import { nameOfUrn, suffix } from "../../names.ts";
import { kindOfType } from "./resource-kinds.ts";

/** Something that a plan deletes or replaces, and that cannot be had back. */
export interface Loss {
  readonly verb: "delete" | "replace";
  /** What it is, in a word or two. */
  readonly kind: string;
  /** Its name in the stack. */
  readonly name: string;
}

/** A step of a plan, as the engine's event log has it (3.250, sdk/go/common/apitype/events.go). */
interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: { readonly inputs?: Readonly<Record<string, unknown>> } | null;
}

/** Steps that take something away, or put another in its place. The engine has several for one replacement. */
const verbs: Readonly<Record<string, Loss["verb"]>> = {
  delete: "delete",
  "delete-replaced": "delete",
  replace: "replace",
  "create-replacement": "replace",
  "import-replacement": "replace",
};

/** Steps that leave everything where it is; a step of another name is one that a later engine has. */
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

/**
 * What a plan deletes or replaces that can be lost; empty for one that creates, changes in place, or takes steps again.
 * Every resource counts but a component, a provider, and a step that undoes nothing: a step with an undo is a worker's
 * membership, or the machine that its undo shuts down.
 * @param events The engine's event log of a preview: a JSON object a line.
 * @throws when it is not the log of a preview that came to its end.
 */
export function plannedLosses(events: string): readonly Loss[] {
  const losses = new Map<string, Loss>();
  let isComplete = false;
  for (const line of events.split("\n").filter(Boolean)) {
    const event = JSON.parse(line) as {
      readonly summaryEvent?: object;
      readonly resourcePreEvent?: { readonly metadata: StepMetadata };
    };
    isComplete ||= event.summaryEvent !== undefined;
    const step = event.resourcePreEvent?.metadata;
    if (step === undefined || harmless.includes(step.op) || !canBeLost(step)) continue;
    const verb = verbs[step.op] ?? "delete";
    // A replacement has a deletion among its steps; the other way round there is none.
    if (verb === "delete" && losses.has(step.urn)) continue;
    losses.set(step.urn, { verb, kind: kindOf(step), name: nameOfUrn(step.urn) });
  }
  if (!isComplete) throw new Error("the engine's log of the plan has no end, so nobody can tell what it would delete");
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

/** Losses as lines for a person. */
export function describeLosses(losses: readonly Loss[]): string {
  return losses.map(({ verb, kind, name }) => `  ${verb.padEnd("replace".length)}  ${kind} ${name}`).join("\n");
}

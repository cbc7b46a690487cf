import { anyObject, list, mapOf, object, readJson, text } from "../../lib/outside.ts";
import { nameOfUrn } from "../../names.ts";

/** Operation on a resource. A replacement is one operation, whatever the order of its steps. */
export type Operation = "create" | "update" | "replace" | "delete" | "same";

/** Inputs of a resource, by property. Secrets and values that are unknown until the change have marks ({@link isSecret}). */
export type Inputs = Readonly<Record<string, unknown>>;

/** A resource of a plan. */
export interface Planned {
  readonly operation: Operation;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** Inputs in the state; empty for a resource that is created. */
  readonly before: Inputs;
  /** Inputs after the change; empty for a resource that is deleted. */
  readonly after: Inputs;
  /** Names of the properties that differ, as the provider reports them; empty where it reports none. */
  readonly differing: readonly string[];
}

/** A plan of the engine. */
export interface Plan {
  /** Every resource, also those without a change, in the order of the engine's steps. */
  readonly resources: readonly Planned[];
  /** The stack's settings as text, without the project's namespace. A secret one has another text. */
  readonly settings: Readonly<Record<string, string>>;
}

/** An event of the engine (3.250, sdk/go/common/apitype/events.go), as far as it is read here. */
interface EngineEvent {
  readonly preludeEvent?: { readonly config?: Readonly<Record<string, string>> };
  readonly summaryEvent?: object;
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
}

interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: { readonly inputs?: Inputs } | null;
  readonly new?: { readonly inputs?: Inputs } | null;
  readonly diffs?: readonly string[] | null;
}

/** Operations by the engine's steps. A step that is not in the list reads only. */
const operations: ReadonlyMap<string, Operation> = new Map([
  ["same", "same"],
  ["create", "create"],
  ["import", "create"],
  ["update", "update"],
  ["delete", "delete"],
  ["replace", "replace"],
  ["create-replacement", "replace"],
  ["import-replacement", "replace"],
  ["delete-replaced", "replace"],
]);

const source = { name: "the engine's log of the plan", fix: "run the command again" };
const oneState = { ...object({}, { inputs: anyObject }), type: ["object", "null"] };
const stepShape = object(
  { op: text, urn: text, type: text },
  { old: oneState, new: oneState, diffs: { ...list(text), type: ["array", "null"] } },
);
const eventShape = object(
  {},
  {
    preludeEvent: object({}, { config: { ...mapOf(text), type: ["object", "null"] } }),
    resourcePreEvent: object({ metadata: stepShape }),
  },
);

/**
 * Reads a plan from the engine's event log of a preview.
 * @param events A JSON object a line.
 * @throws when the log has no end, because it may then lack steps.
 */
export function readPlan(events: string): Plan {
  const resources = new Map<string, Planned>();
  const settings: Record<string, string> = {};
  let isComplete = false;
  for (const line of events.split("\n")) {
    // A log has a line for each message of a debugger. Only three kinds of events matter.
    if (!/"(preludeEvent|summaryEvent|resourcePreEvent)":/.test(line)) continue;
    const event = readJson<EngineEvent>(line, source, eventShape);
    isComplete ||= event.summaryEvent !== undefined;
    for (const [key, value] of Object.entries(event.preludeEvent?.config ?? {})) {
      settings[key.replace(/^[^:]*:/, "")] = value;
    }
    const step = event.resourcePreEvent?.metadata;
    const operation = step && operations.get(step.op);
    if (step === undefined || operation === undefined) continue;
    resources.set(step.urn, merged(resources.get(step.urn), planned(step, operation)));
  }
  if (!isComplete) {
    throw new Error("the engine's log of the plan has no end, so its steps are unknown. Fix: run the command again");
  }
  return { resources: [...resources.values()], settings };
}

function planned({ urn, type, old, new: after, diffs }: StepMetadata, operation: Operation): Planned {
  return {
    operation,
    urn,
    type,
    name: nameOfUrn(urn),
    before: operation === "create" ? {} : (old?.inputs ?? {}),
    after: operation === "delete" ? {} : (after?.inputs ?? {}),
    differing: diffs ?? [],
  };
}

/** Joins the steps of one resource. The deletion of a replacement does not have the new inputs. */
function merged(earlier: Planned | undefined, later: Planned): Planned {
  if (earlier === undefined) return later;
  const either = (one: Inputs, other: Inputs) => (Object.keys(one).length > 0 ? one : other);
  const parts = [earlier.operation, later.operation];
  const operation = parts.includes("replace") || new Set(parts).size > 1 ? "replace" : later.operation;
  return {
    ...later,
    operation,
    before: either(later.before, earlier.before),
    after: either(later.after, earlier.after),
    differing: [...new Set([...earlier.differing, ...later.differing])],
  };
}

import { plainText } from "../../lib/plain-text.ts";

/** A step of the engine on a resource. */
export interface Step {
  /** Operation of the engine, such as `create`, `same` or `delete-replaced`. */
  readonly op: string;
  readonly urn: string;
  /** Type token. */
  readonly type: string;
  /** URN of the parent; "" for none. */
  readonly parent: string;
  /** Whether the step is only planned. */
  readonly isPlanned: boolean;
}

/**
 * An event of Pulumi's engine (3.250, sdk/go/common/apitype/events.go), without the properties of resources. `over` is the end of
 * a preview or an update.
 */
export type EngineEvent =
  | { readonly is: "begun" | "ended" | "failed"; readonly step: Step }
  | {
      readonly is: "message";
      /** URN of a resource; "" for the stack. */
      readonly urn: string;
      readonly severity: "info" | "warning" | "error";
      /** One or more lines, without control characters. */
      readonly text: string;
    }
  | { readonly is: "notice"; readonly text: string }
  | { readonly is: "summary"; readonly isPreview: boolean; readonly changes: Readonly<Record<string, number>> }
  | { readonly is: "over" };

type Fields = Readonly<Record<string, unknown>>;

const stepEvents = { resourcePreEvent: "begun", resOutputsEvent: "ended", resOpFailedEvent: "failed" } as const;

/**
 * Reads an event, which is one line of JSON.
 * @returns undefined for a kind that has no meaning here, which a later Pulumi may add.
 * @throws when the line is no event, or an event of a known kind lacks a field.
 */
export function parseEvent(line: string): EngineEvent | undefined {
  const event = fieldsOf(JSON.parse(line), "event");
  for (const [member, is] of Object.entries(stepEvents)) {
    if (event[member] !== undefined) return { is, step: stepOf(fieldsOf(event[member], member)) };
  }
  if (event.diagnosticEvent !== undefined) return messageOf(fieldsOf(event.diagnosticEvent, "diagnosticEvent"));
  if (event.stdoutEvent !== undefined) {
    return { is: "notice", text: clean(textOf(fieldsOf(event.stdoutEvent, "stdoutEvent"), "message")) };
  }
  if (event.summaryEvent !== undefined) {
    const { isPreview, resourceChanges } = fieldsOf(event.summaryEvent, "summaryEvent");
    const changes = Object.entries(resourceChanges === null ? {} : fieldsOf(resourceChanges ?? {}, "resourceChanges"));
    const counts = changes.filter((change): change is [string, number] => typeof change[1] === "number");
    return { is: "summary", isPreview: isPreview === true, changes: Object.fromEntries(counts) };
  }
  return event.cancelEvent === undefined ? undefined : { is: "over" };
}

function stepOf(fields: Fields): Step {
  const metadata = fieldsOf(fields.metadata, "metadata");
  // A deleted resource has only an old state, a created one only a new one.
  const state = [metadata.new, metadata.old].find((found) => typeof found === "object" && found !== null);
  const { parent } = (state ?? {}) as Fields;
  return {
    op: textOf(metadata, "op"),
    urn: textOf(metadata, "urn"),
    type: textOf(metadata, "type"),
    parent: typeof parent === "string" ? parent : "",
    isPlanned: fields.planning === true,
  };
}

function messageOf(fields: Fields): EngineEvent | undefined {
  const { urn, severity } = fields;
  // The engine logs the inputs of its plugins there, secrets among them.
  if (severity === "debug") return undefined;
  const level = severity === "warning" || severity === "error" ? severity : "info";
  return {
    is: "message",
    urn: typeof urn === "string" ? urn : "",
    severity: level,
    text: clean(textOf(fields, "message")),
  };
}

/** Removes control characters, and Pulumi's marks of a colour such as `<{%reset%}>`. */
function clean(text: string): string {
  return plainText(text.replace(/<\{%[^%]{0,40}%\}>/g, "")).trim();
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`an event of Pulumi has ${shown(value)} as ${name}, expected an object`);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw new Error(`an event of Pulumi has ${shown(value)} as ${name}, expected a text`);
}

/** An object may be too deep or too long for a message. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : (JSON.stringify(value) ?? "nothing");
}

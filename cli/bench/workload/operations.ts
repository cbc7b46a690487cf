import { isRecord } from "../../../lib/record.ts";
import { Fields, type Parameters } from "./fields.ts";
import type { Templates } from "./objects.ts";
import type { Operation } from "./operation.ts";
import type { PodDefaults } from "./pods.ts";
import { readers } from "./readers.ts";
import { refusedOperations } from "./refused.ts";

/** Decoder of a list of operations. */
interface Decoder {
  readonly templates: Templates;
  readonly parameters: Parameters;
  readonly defaults: PodDefaults;
  /** Receives what is wrong. */
  readonly problems: string[];
}

/** Decodes a workloadTemplate. Adds to the decoder's problems what is wrong or refused. */
export function readOperations(list: readonly unknown[], decoder: Decoder): readonly Operation[] {
  const { templates, parameters, defaults, problems } = decoder;
  const operations: Operation[] = [];
  const namespaces = new Set<string>();
  let index = 0;
  let nodesBefore = 0;
  for (const [position, raw] of list.entries()) {
    const opcode = isRecord(raw) ? raw.opcode : undefined;
    const at = `operation ${position} (${typeof opcode === "string" ? opcode : "without opcode"})`;
    const fields = new Fields(raw, at, problems, parameters);
    const read = readers[fields.string("opcode") ?? ""];
    if (read === undefined) {
      fields.problem(unknownReason(opcode));
      readParameters(raw, parameters);
      index += 1;
      continue;
    }
    const decoded = read(fields, { index, templates, nodesBefore, namespaces, defaults });
    fields.end();
    operations.push(...decoded);
    // scheduler_perf replaces createPodSets by one createPods for each set before it counts.
    index += decoded.reduce(
      (sum, operation) => sum + (operation.opcode === "createPodSets" ? operation.sets.length : 1),
      0,
    );
    for (const operation of decoded) if (operation.opcode === "createNodes") nodesBefore += operation.count;
  }
  return operations;
}

function unknownReason(opcode: unknown): string {
  if (typeof opcode !== "string") return `wanted an opcode, got ${JSON.stringify(opcode) ?? "nothing"}`;
  const reason = refusedOperations[opcode];
  if (reason !== undefined) return `refused: ${reason}`;
  return `there is no such operation; known: ${Object.keys(readers).join(", ")}`;
}

/** A parameter of a refused operation is used all the same. */
function readParameters(raw: unknown, parameters: Parameters): void {
  for (const [name, value] of Object.entries(isRecord(raw) ? raw : {})) {
    if (!name.endsWith("Param")) continue;
    try {
      parameters.get(value);
    } catch {
      // The operation is refused already.
    }
  }
}

import { parse } from "csv-parse/sync";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { defaultNode, withMetadata } from "./objects.ts";
import type { KubernetesObject, Workload } from "./operation.ts";

/** Columns of a trace of pods. Source: the openb traces of the Alibaba cluster trace program (cluster-trace-gpu-v2023). */
const columns = ["name", "cpu_milli", "memory_mib", "num_gpu", "creation_time"] as const;

const optionalColumns = ["gpu_milli", "gpu_spec", "qos", "pod_phase", "deletion_time", "scheduled_time"] as const;

/** Size of each simulated node: the trace's larger machines have 96 processors and 8 GPUs. */
const nodeResources = { cpu: "96", memory: "768Gi", pods: "110", "nvidia.com/gpu": "8" } as const;

/** Namespace of every pod of a trace. */
const namespace = "trace";

type Row = Readonly<Partial<Record<(typeof columns)[number] | (typeof optionalColumns)[number], string>>>;
type Event = Extract<Workload["operations"][number], { readonly opcode: "replay" }>["events"][number];

/**
 * Reads a trace of pods in the openb format: equal nodes, then the creations and deletions at their times.
 * @param settings `speed`: seconds of the trace that pass in one second; `nodes`: number of nodes.
 * @throws one error with every wrong row.
 */
export function readTrace(path: string, settings: { readonly speed: number; readonly nodes: number }): Workload {
  const { speed, nodes } = settings;
  if (!(speed > 0))
    throw new Error(`workload.speed: wanted a number above 0, got ${speed}.\nFix: set speed to 1 or more.`);
  const text = readFileSync(path, "utf8");
  const name = basename(path);
  const rows = rowsOf(name, text);
  const problems = problemsOf(rows);
  if (problems.length > 0) {
    throw new Error(`${name}: the trace cannot be used:\n  ${problems.join("\n  ")}\nFix: correct these rows.`);
  }
  const start = rows.reduce((least, row) => Math.min(least, Number(row.creation_time)), Infinity);
  const at = (time: string | undefined) => (Number(time) - start) / speed;
  const events: Event[] = rows.flatMap((row) => {
    const pod = podOf(row);
    const creation = { at: at(row.creation_time), create: pod };
    const removal = { at: at(row.deletion_time), remove: row.name ?? "" };
    return row.deletion_time ? [creation, removal] : [creation];
  });
  // The sort is stable, so a pod without lifetime is created before it is deleted.
  const replay = { opcode: "replay", namespace, events: events.sort((a, b) => a.at - b.at) } as const;
  const createNodes = { opcode: "createNodes", count: nodes, node: nodeOf } as const;
  return { name: `openb/${name}`, operations: [createNodes, replay], inputs: [{ name, text }], featureGates: {} };
}

function rowsOf(name: string, text: string): readonly Row[] {
  try {
    return parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    throw new Error(
      `${name}: wanted a CSV file with a header, got: ${(error as Error).message}\nFix: correct the file.`,
      {
        cause: error,
      },
    );
  }
}

function problemsOf(rows: readonly Row[]): readonly string[] {
  const [first] = rows;
  if (first === undefined) return ["wanted at least one pod, got none"];
  const missing = columns.filter((column) => first[column] === undefined);
  if (missing.length > 0) return [`wanted the columns ${missing.join(", ")}, got ${Object.keys(first).join(", ")}`];
  const known: readonly string[] = [...columns, ...optionalColumns];
  const unknown = Object.keys(first).filter((column) => !known.includes(column));
  if (unknown.length > 0) return [`there are no columns ${unknown.join(", ")}; known: ${known.join(", ")}`];
  const names = new Set<string>();
  return rows.flatMap((row, index) => {
    const at = `row ${index + 1} (${row.name})`;
    const numbers = [...columns.slice(1), "gpu_milli", "deletion_time"] as const;
    const found = numbers
      // A pod that outlives the trace has no time of deletion.
      .filter(
        (column) =>
          !(
            row[column] === undefined ||
            ((column === "gpu_milli" || column === "deletion_time") && row[column] === "")
          ),
      )
      .filter((column) => !/^\d+(\.\d+)?$/.test(row[column] ?? ""))
      .map((column) => `${at}: ${column}: wanted a number from 0, got ${JSON.stringify(row[column])}`);
    if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(row.name ?? "")) found.push(`${at}: name: wanted a name of a pod`);
    if (names.has(row.name ?? "")) found.push(`${at}: name: another row has it`);
    names.add(row.name ?? "");
    if (row.deletion_time && Number(row.deletion_time) < Number(row.creation_time)) {
      found.push(`${at}: deletion_time ${row.deletion_time} is before creation_time ${row.creation_time}`);
    }
    return found;
  });
}

function podOf(row: Row): KubernetesObject {
  const gpus = Number(row.num_gpu);
  // Kubernetes requires limits of an extended resource, and gives them to the requests.
  const gpu = gpus > 0 ? { "nvidia.com/gpu": String(gpus) } : {};
  const notes = { "gpu-milli": row.gpu_milli, "gpu-spec": row.gpu_spec, qos: row.qos };
  const annotations = Object.entries(notes).filter(([, value]) => value !== undefined && value !== "");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: row.name,
      namespace,
      annotations: Object.fromEntries(annotations.map(([key, value]) => [`openb.nodeforge/${key}`, value])),
    },
    spec: {
      containers: [
        {
          name: "pause",
          image: "registry.k8s.io/pause:3.10.1",
          resources: { requests: { cpu: `${row.cpu_milli}m`, memory: `${row.memory_mib}Mi`, ...gpu }, limits: gpu },
        },
      ],
    },
  };
}

function nodeOf(index: number): KubernetesObject {
  const name = `openb-${index}`;
  const node = withMetadata(structuredClone(defaultNode), {
    name,
    generateName: undefined,
    labels: { "kubernetes.io/hostname": name },
  });
  const { conditions } = node.status as { readonly conditions: unknown };
  return { ...node, status: { capacity: nodeResources, allocatable: nodeResources, conditions } };
}

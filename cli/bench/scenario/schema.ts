import { versions } from "../../../tools/versions.ts";

/** Name of a scheduler: part of file names, of a unit's arguments and of tables. */
const schedulerName = {
  type: "string",
  pattern: "^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$",
  $comment: "a name of at most 30 lower-case letters, digits and hyphens",
} as const;
const path = { type: "string", minLength: 1, maxLength: 1000 } as const;
const params = {
  type: "object",
  additionalProperties: { type: "number" },
  default: {},
  description: "Values that replace parameters of the workload.",
} as const;

function workload(from: string, required: readonly string[], properties: Readonly<Record<string, unknown>>) {
  return {
    type: "object",
    additionalProperties: false,
    required: ["from", ...required],
    properties: { from: { const: from }, ...properties },
  };
}

/** Workloads by their `from`. */
const workloads = {
  scheduler_perf: workload("scheduler_perf", ["file", "name"], {
    file: {
      ...path,
      description: `performance-config.yaml beside the scenario, or upstream:TOPIC/performance-config.yaml of Kubernetes ${versions.kubernetes}.`,
    },
    name: {
      type: "string",
      pattern: "^[^/]+/.+$",
      $comment: "CASE/WORKLOAD",
      description: "Test case and workload, e.g. SchedulingBasic/500Nodes.",
    },
    params,
  }),
  inline: workload("inline", ["testCase"], {
    testCase: { type: "object", description: "A test case in scheduler_perf's format with one workload." },
    params,
  }),
  openb: workload("openb", ["pods", "speed", "nodes"], {
    pods: { ...path, description: "CSV file of pods in the format of the openb trace, beside the scenario." },
    speed: { type: "number", exclusiveMinimum: 0, maximum: 1e6, description: "Seconds of the trace in one second." },
    nodes: { type: "integer", minimum: 1, maximum: 15000, description: "Number of simulated nodes." },
  }),
};

const threshold = {
  type: "object",
  additionalProperties: false,
  required: ["scheduler", "metric"],
  anyOf: [{ required: ["atLeast"] }, { required: ["atMost"] }, { required: ["ratioAtLeast"] }],
  properties: {
    scheduler: schedulerName,
    metric: { type: "string", minLength: 1 },
    atLeast: { type: "number", description: "The median must not be below this." },
    atMost: { type: "number", description: "The median must not be above this." },
    ratioAtLeast: {
      type: "number",
      exclusiveMinimum: 0,
      description: "The ratio to the baseline must not be below this.",
    },
  },
};

const local = {
  type: "object",
  additionalProperties: false,
  required: ["command"],
  description: "A process of the operator's machine.",
  properties: {
    command: { ...path, description: "Program beside the scenario, or of PATH without a slash." },
    args: {
      type: "array",
      maxItems: 100,
      items: { type: "string", maxLength: 1000 },
      default: [],
      description: "Arguments, with {kubeconfig}, {config}, {qps} and {burst}.",
    },
    url: {
      type: "string",
      pattern: "^https?://[^/]+$",
      $comment: "a URL without a path, such as https://127.0.0.1:10259",
      description: "URL that serves /healthz and /metrics.",
    },
  },
};

const manifests = {
  type: "object",
  additionalProperties: false,
  required: ["files"],
  description: "Objects of the cluster.",
  properties: {
    files: { type: "array", minItems: 1, maxItems: 50, items: path, description: "YAML files beside the scenario." },
    images: {
      type: "array",
      maxItems: 20,
      items: path,
      default: [],
      description: "Tar files of images for the control plane's containerd.",
    },
    namespace: {
      type: "string",
      pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
      $comment: "the name of a namespace",
      description: "Namespace of its own. Default: nodeforge-bench-NAME.",
    },
    url: {
      type: "string",
      pattern: "^https?://\\{pod\\}:\\d+$",
      $comment: "a URL such as https://{pod}:10259",
      description: "URL that serves /metrics. {pod} is the address of its pod.",
    },
  },
};

const scheduler = {
  type: "object",
  additionalProperties: false,
  required: ["name"],
  dependentRequired: { sha256: ["binary"] },
  properties: {
    name: schedulerName,
    configuration: { ...path, description: "KubeSchedulerConfiguration beside the scenario." },
    binary: {
      ...path,
      description: "Static program for the control plane: a path beside the scenario, or a URL of http or https.",
    },
    sha256: {
      type: "string",
      pattern: "^[0-9a-f]{64}$",
      $comment: "64 hexadecimal digits",
      description: "Expected SHA-256 of the program. A URL needs it.",
    },
    local,
    manifests,
    schedulerName: {
      type: "string",
      pattern: "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$",
      $comment: "a name of at most 63 lower-case letters, digits, dots and hyphens",
      description: "Value of schedulerName of the workload's pods.",
    },
  },
};

/** JSON schema of a scenario file. docs/scenario.schema.json is made from it. */
export const scenarioSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Benchmark of schedulers",
  type: "object",
  additionalProperties: false,
  required: ["workload", "schedulers"],
  properties: {
    description: { type: "string", maxLength: 2000, default: "" },
    workload: {
      type: "object",
      required: ["from"],
      properties: { from: { enum: Object.keys(workloads) } },
      // One error about one kind of workload is clearer than one about each.
      allOf: Object.entries(workloads).map(([from, then]) => ({
        if: { required: ["from"], properties: { from: { const: from } } },
        then,
      })),
    },
    nodes: {
      type: "object",
      additionalProperties: false,
      default: {},
      properties: {
        real: {
          enum: ["exclude", "only"],
          default: "exclude",
          description: "Whether pods get real or simulated nodes.",
        },
        pods: {
          enum: ["bind", "run"],
          default: "bind",
          description: "Whether a pod is done when bound or when Running.",
        },
      },
    },
    arrival: {
      default: "backlog",
      description:
        "backlog: all pods exist before the scheduler starts. burst: created beside it. rate: Poisson arrivals a second. openb has its own times.",
      if: { type: "string" },
      then: { enum: ["backlog", "burst"] },
      else: {
        type: "object",
        additionalProperties: false,
        required: ["rate"],
        properties: { rate: { type: "number", exclusiveMinimum: 0, maximum: 10000 } },
      },
    },
    schedulers: { type: "array", minItems: 1, maxItems: 12, items: scheduler },
    common: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "Equal for all schedulers.",
      properties: {
        qps: { type: "number", exclusiveMinimum: 0, maximum: 1e6, default: 5000 },
        burst: { type: "integer", minimum: 1, maximum: 1e6, default: 5000 },
        verbosity: { type: "integer", minimum: 0, maximum: 10, default: 2 },
        featureGates: { type: "object", additionalProperties: { type: "boolean" }, default: {} },
      },
    },
    repetitions: { type: "integer", minimum: 1, maximum: 100, default: 10 },
    warmups: { type: "integer", minimum: 0, maximum: 10, default: 1 },
    order: { enum: ["interleaved", "sequential"], default: "interleaved" },
    seed: { type: "integer", minimum: 0, maximum: 4294967295, default: 1 },
    repetitionMinutes: { type: "number", exclusiveMinimum: 0, maximum: 50, default: 10 },
    compare: {
      type: "object",
      additionalProperties: false,
      default: {},
      properties: {
        baseline: { ...schedulerName, description: "Default: the first scheduler." },
        metrics: { type: "array", minItems: 1, items: { type: "string", minLength: 1 }, default: ["throughput"] },
        equivalence: {
          type: "number",
          exclusiveMinimum: 0,
          maximum: 0.5,
          default: 0.03,
          description: "Difference that counts as none. 0.03 is 3 %.",
        },
      },
    },
    thresholds: { type: "array", items: threshold, default: [], description: "A missed one fails the command." },
  },
} as const;

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfiguration, withKubeconfig } from "../../cli/bench/contestants/configuration.ts";
import { programProblem } from "../../cli/bench/contestants/elf.ts";
import { readObservation } from "../../cli/bench/contestants/observation.ts";
import { usageOfSession } from "../../cli/bench/contestants/process-tree.ts";
import { resolveManifests } from "../../cli/bench/contestants/resolve-manifests.ts";
import { SchedulerControl } from "../../cli/bench/contestants/scheduler-control.ts";
import { parseExposition } from "../../cli/bench/metrics/exposition.ts";
import { readTrace } from "../../cli/bench/workload/openb.ts";
import { readWorkload } from "../../cli/bench/workload/read-workload.ts";
import { parseTemplate } from "../../cli/bench/workload/template.ts";
import { secondsOfGoDuration } from "../../lib/go-duration.ts";
import { sharedFolder } from "../support/folder.ts";
import { checkParsers } from "./check-parsers.ts";
import { holdsLater } from "./runs.ts";

const folder = sharedFolder();
const written = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const exposition = `# HELP a_seconds text
# TYPE a_seconds histogram
a_seconds_bucket{le="0.1",result="a\\"b\\n"} 3 1700000000000
a_seconds_sum 1.5e-3
b +Inf
`;
const observation = `== metrics kube-scheduler
a 1
== usage etcd
usage_usec 100
memory_peak 4096
== invocation
0123abcd
== unit
kube-scheduler.service
== processor
cpu  1 2 3 4 5 6 7 8 9 10
== end
`;
const stat = `1 (a b) S 0 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 22 0 0\n`;
const template = 'x{{/* a */}}{{if eq (Mod .Index 2) 0}}a-{{.Index | printf "%05d"}}{{- else}}b{{end}} {{`c`}}';
const trace = `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time
pod-a,1000,512,1,500,,LS,0,10
pod-b,2000,1024,0,,,BE,5,
`;
const workload = `- name: A
  defaultPodTemplatePath: pod.yaml
  workloadTemplate:
    - { opcode: createNodes, countParam: $nodes }
    - { opcode: createNamespaces, prefix: n, count: 2 }
    - { opcode: createPods, count: 2, namespace: n-0, collectMetrics: true }
    - { opcode: barrier, namespaces: [n-0] }
    - { opcode: sleep, duration: 1m30s }
  workloads:
    - { name: one, params: { nodes: 3 } }
`;
const pod =
  "apiVersion: v1\nkind: Pod\nmetadata: { generateName: p- }\nspec: { containers: [{ name: c, image: i }] }\n";
const configuration = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: { qps: 5000 }
leaderElection: { leaderElect: false }
profiles: [{ schedulerName: s }]
`;
const limits = { qps: 5000, burst: 5000 };
const manifests = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: c, namespace: n }
    data: { config.yaml: "kind: KubeSchedulerConfiguration\\napiVersion: kubescheduler.config.k8s.io/v1\\nprofiles: [{}]\\n" }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: d, namespace: n }
spec: { template: { spec: { containers: [{ name: c, command: [s], args: [--scheduler-name, s] }] } } }
`;

/** The same in JSON, whose values are changed one by one. */
const asJson = (yaml: string) => JSON.stringify(parse(yaml));

const readManifests = (text: string) => {
  written("manifests.yaml", text);
  return resolveManifests("s", { files: ["manifests.yaml"], images: [], namespace: "n" }, limits, folder);
};
const readConfigurations = (text: string) => withKubeconfig(readConfiguration(text, limits).text, "/k");
const readWorkloads = (text: string) => {
  written("pod.yaml", pod);
  written("workload.yaml", text);
  return readWorkload({ from: "scheduler_perf", file: "workload.yaml", name: "A/one", params: {} }, folder);
};

checkParsers("a text of a benchmark", [
  ["metrics of a component", exposition, parseExposition],
  ["an observation of the control plane", observation, (text) => readObservation(text, { when: "before", at: 0 })],
  [
    "an activation of the control plane",
    JSON.stringify({ invocation: "0123abcd" }),
    (text) => {
      const shell = { run: () => Promise.resolve(text), copy: () => Promise.resolve(), close: () => Promise.resolve() };
      return new SchedulerControl(shell, 60).activate({ name: "a", arguments: [], configuration: "{}" });
    },
  ],
  ["a template of an object", template, (text) => parseTemplate(text).render({ Index: 3 })],
  ["a duration of Go", "1m30s", secondsOfGoDuration],
  ["a trace", trace, (text) => readTrace(written("trace.csv", text), { speed: 1, nodes: 2 })],
  [
    "the state of a process",
    stat,
    (text) => {
      mkdirSync(join(folder, "1"), { recursive: true });
      written("1/status", text);
      written("1/stat", text);
      return usageOfSession(7, folder);
    },
  ],
]);

checkParsers(
  "a YAML file of a benchmark",
  [
    ["a configuration of the scheduler", configuration, readConfigurations],
    ["a configuration of the scheduler in JSON", asJson(configuration), readConfigurations],
    ["manifests of a scheduler", manifests, readManifests],
    ["manifests of a scheduler in JSON", asJson(manifests.split("---\n")[0] ?? ""), readManifests],
    ["a deployment of a scheduler in JSON", asJson(manifests.split("---\n")[1] ?? ""), readManifests],
    ["a workload of scheduler_perf", workload, readWorkloads],
    ["a workload of scheduler_perf in JSON", asJson(workload), readWorkloads],
    [
      "a template of a pod in JSON",
      asJson(pod),
      (text) => {
        written("pod.yaml", text);
        written("workload.yaml", workload);
        return readWorkload({ from: "scheduler_perf", file: "workload.yaml", name: "A/one", params: {} }, folder);
      },
    ],
  ],
  { texts: 25, longTexts: 1 },
);

describe("a template of an object", () => {
  it("is refused in little time if it is long or deep", () => {
    for (const part of ["/**/", '"a"', "`a`", "(", "a |", "} ", "-"]) {
      expect(() => parseTemplate(`{{${part.repeat(50_000)}`), part).toThrow(/has no end/);
    }
    const deep = (open: string, close: string) => open.repeat(50_000) + close.repeat(50_000);
    expect(() => parseTemplate(`{{${deep("(", ")")}}}`)).toThrow("its actions are nested too deeply");
    expect(() => parseTemplate(deep("{{if 1}}", "{{end}}"))).toThrow("its actions are nested too deeply");
  });
});

describe("the program of a scheduler", () => {
  it("is accepted or refused for any bytes", async () => {
    const header = Buffer.alloc(120);
    header.write("\x7fELF\x02\x01", "latin1");
    for (const [at, value] of [
      [16, 2],
      [18, 0x3e],
      [32, 64],
      [54, 56],
      [56, 1],
    ] as const)
      header.writeUInt16LE(value, at);
    const path = join(folder, "program");
    writeFileSync(path, header);
    expect(await programProblem(path, "x64")).toBeUndefined();
    const change = fc.tuple(fc.nat(header.length - 1), fc.constantFrom(0, 1, 127, 255));
    await holdsLater(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.nat(header.length), async (changes, removed) => {
        const bytes = Buffer.from(header);
        for (const [at, byte] of changes) bytes[at] = byte;
        writeFileSync(path, bytes.subarray(0, header.length - (removed < 60 ? 0 : removed)));
        const problem = await programProblem(path, "x64");
        if (problem !== undefined) expect(problem).toMatch(/^(it|its) /);
      }),
      { runs: 300 },
    );
  });
});

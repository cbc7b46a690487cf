import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StateResource } from "../../toolchain/stack-state.ts";
import { takeOver } from "../../toolchain/takeover.ts";
import { settingsOf } from "./stack-settings.ts";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "nodeforge-takeover-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const urn = (type: string, name: string) => `urn:pulumi:lab::nodeforge::${type}::${name}`;
const provider = urn("pulumi:providers:libvirt", "hypervisor");
const id = "11111111-2222-3333-4444-555555555555";
const name = "lab-base-0123456789ab.qcow2";
const resources: readonly StateResource[] = [
  { urn: provider, type: "pulumi:providers:libvirt", inputs: { uri: "qemu:///system" } },
  { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
  {
    urn: urn("random:index/randomUuid:RandomUuid", "lab-id"),
    type: "random:index/randomUuid:RandomUuid",
    outputs: { result: id },
  },
  {
    urn: urn("libvirt:index/volume:Volume", "lab-base"),
    type: "libvirt:index/volume:Volume",
    id: `/pool/${name}`,
    provider: `${provider}::p`,
    inputs: { name, pool: "own", source: "/node.qcow2" },
    initErrors: ["no space left on device"],
  },
];

const list = "list --inactive --without-managed-save --uuid --name";
const answers: Record<string, string> = {
  "pool-list --inactive --name": "",
  "pool-list --name": "own\n",
  "vol-list --pool own": ` ${name}   /pool/${name}\n`,
  [`vol-key --pool own ${name}`]: `/pool/${name}\n`,
  [`vol-delete --pool own ${name}`]: "",
  [list]: "uuid-1 lab-w-1\n",
  "desc uuid-1": `nodeforge cluster lab, ${id}, machine 0123456789ab`,
  "undefine uuid-1 --managed-save --nvram --snapshots-metadata --checkpoints-metadata": "",
};

/** Takes over a stack whose last run failed by itself. */
async function takingOver(backend: string, answers: Record<string, string>) {
  const [said, asked]: [string[], string[]] = [[], []];
  const session = {
    stack: "lab",
    variables: { PULUMI_BACKEND_URL: backend },
    settings: () => settingsOf({}),
    pulumi: () => Promise.reject(new Error("nothing runs Pulumi here")),
    ask: () => Promise.resolve(JSON.stringify({ deployment: { resources } })),
  };
  const connect =
    () =>
    (...args: readonly string[]) => {
      const command = args.join(" ");
      asked.push(command);
      const answer = answers[command];
      return answer === undefined ? Promise.reject(new Error(`no answer to ${command}`)) : Promise.resolve(answer);
    };
  await takeOver(session, { connect, log: (line) => said.push(line) });
  return { said, asked };
}

const volumeSaid = `removed volume ${name}, whose upload failed; it is made anew`;

test("a run that failed by itself is cleared up after, a line for each thing", async () => {
  const { said, asked } = await takingOver(`file://${folder}`, answers);
  expect(said).toEqual([
    volumeSaid,
    "removed domain lab-w-1, which an earlier run defined and could not start; its disks stay",
  ]);
  expect(asked.toSorted()).toEqual(Object.keys(answers).toSorted());
});

test("where nobody can tell whether another run is at work, no domain is looked for", async () => {
  const { said, asked } = await takingOver("https://pulumi.example", answers);
  expect(said).toEqual([volumeSaid]);
  expect(asked).not.toContain(list);
});

test("that domains cannot be looked for stops nobody; that a half upload cannot does", async () => {
  const without = Object.entries(answers).filter(([command]) => command !== list);
  expect((await takingOver(`file://${folder}`, Object.fromEntries(without))).said).toEqual([
    volumeSaid,
    `domains that never started could not be looked for: no answer to ${list}`,
  ]);
  await expect(takingOver(`file://${folder}`, {})).rejects.toThrow("no answer to pool-list --inactive --name");
});

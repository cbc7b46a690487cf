import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { FileLock } from "../../../lib/file-lock.ts";
import { placeHere, readPlace, writePlace } from "../../../lib/place.ts";
import { projectName } from "../../../cli/stack/settings.ts";
import { shareStack, StackHold } from "../../../cli/stack/hold.ts";
import type { StateResource } from "../../../cli/stack/state.ts";
import { AnotherRunError } from "../../../cli/stack/lock.ts";
import { recover } from "../../../cli/recovery/recover.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { test } from "../../support/folder.ts";
import { urn } from "../../support/urn.ts";
import { answering } from "../../support/virsh-answers.ts";

let folder: string;
test.beforeEach(({ folder: own }) => {
  folder = own;
});

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
  [`vol-path --pool own ${name}`]: `/pool/${name}\n`,
  "list --all --uuid --name": "uuid-1 lab-w-1\n",
  "domblklist --details uuid-1": " file   disk   vda   /pool/lab-w-1-root\n",
  [`vol-delete --pool own ${name}`]: "",
  [list]: "uuid-1 lab-w-1\n",
  "desc uuid-1": `nodeforge cluster lab, ${id}, machine 0123456789ab`,
  "undefine uuid-1 --managed-save --nvram --snapshots-metadata --checkpoints-metadata": "",
};

/** Recovers a stack whose last run failed. */
async function recovering(
  backend: string,
  answers: Record<string, string>,
  meanwhile?: (command: string) => Promise<void>,
  given?: StackHold,
) {
  const [said, ran]: [string[], string[]] = [[], []];
  let exports = 0;
  const session = {
    stack: "lab",
    configFile: "/lab.yaml",
    variables: { PULUMI_BACKEND_URL: backend },
    settings: () => settingsOf({}),
    pulumi: (args: readonly string[]) => Promise.resolve(ran.push(args.join(" ")) * 0),
    capture: () => {
      exports++;
      return Promise.resolve(JSON.stringify({ deployment: { resources } }));
    },
  };
  const { virsh, asked } = answering(answers, meanwhile);
  const { hold, state } = await recover(session, {
    connect: () => virsh,
    log: (line) => said.push(line),
    wait: 100,
    folder,
    ...(given === undefined ? {} : { hold: given }),
  });
  hold.release();
  expect(state).toEqual({ resources, pending: [] });
  return { said, asked, ran, exports };
}

const volumeSaid = `removed volume ${name}: its upload failed; the next \`up\` uploads it again`;

test("a failed run is recovered, with a line for each orphan", async () => {
  const { said, asked, ran, exports } = await recovering(`file://${folder}`, answers);
  // Before the refresh and after it.
  expect(exports).toBe(2);
  expect(said).toEqual([volumeSaid, "removed domain lab-w-1: its creation failed in an earlier run"]);
  // The domain's root disk would be in the state otherwise.
  expect(ran).toEqual([expect.stringMatching(/^refresh /)]);
  expect([...new Set(asked)].toSorted()).toEqual(Object.keys(answers).toSorted());
});

test("no domain is looked for where other runs cannot be seen", async () => {
  const { said, asked } = await recovering("https://pulumi.example", answers);
  expect(said).toEqual([volumeSaid]);
  expect(asked).not.toContain(list);
});

test("a volume that another domain uses is kept, with a line", async () => {
  const disk = ` file   disk   vda   /pool/${name}\n`;
  const { said, asked } = await recovering(`file://${folder}`, { ...answers, "domblklist --details uuid-1": disk });
  expect(said[0]).toBe(`kept volume ${name}: domain lab-w-1 has it as a disk`);
  expect(asked.join()).not.toContain("vol-delete");
});

test("the lock of a killed run is released, and a lock that is taken meanwhile stops the command", async () => {
  const locks = join(folder, ".pulumi", "locks", "organization", projectName(), "lab");
  await mkdir(locks, { recursive: true });
  const lock = (id: string, pid: number) =>
    writeFile(
      join(locks, `${id}.json`),
      JSON.stringify({ pid, hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" }),
    );
  // No process has this number.
  await lock("dead", 2 ** 30);
  const { said, ran, exports } = await recovering(`file://${folder}`, answers);
  // Before the refresh and after it.
  expect(exports).toBe(2);
  expect(ran).toEqual([expect.stringMatching(/^refresh .* --config-file \/lab\.yaml --clear-pending-creates$/)]);
  expect(said.slice(0, 3)).toEqual([
    volumeSaid,
    "the last run on stack lab was killed; recovering it",
    `releasing the lock of process ${2 ** 30}, which has ended`,
  ]);

  for (const command of ["vol-list --pool own", list]) {
    const meanwhile = (asked: string) => (asked === command ? lock("other", process.pid) : Promise.resolve());
    await expect(recovering(`file://${folder}`, answers, meanwhile)).rejects.toThrow(AnotherRunError);
    await rm(join(locks, "other.json"));
  }
});

test("a hypervisor that cannot list domains is logged, and one that cannot list volumes of a partial upload is an error", async () => {
  const without = Object.entries(answers).filter(([command]) => command !== list);
  expect((await recovering(`file://${folder}`, Object.fromEntries(without))).said).toEqual([
    volumeSaid,
    `kept domains whose creation failed on qemu:///system: no answer to ${list}`,
  ]);
  await expect(recovering(`file://${folder}`, {})).rejects.toThrow("no answer to pool-list --inactive --name");
});

describe("a lock whose process cannot be checked", () => {
  const unknown =
    "stack lab is locked, and the process that locked it cannot be checked from here: nothing is recovered. " +
    "Fix: when no Pulumi works on the stack, in any container or on another machine, run `npm run pulumi -- cancel`";
  const place = () => join(folder, ".nodeforge", projectName(), "lab.place");

  async function locked() {
    const locks = join(folder, ".pulumi", "locks", "organization", projectName(), "lab");
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, "0.json"), JSON.stringify({ pid: 2 ** 30, hostname: hostname() }));
    return locks;
  }

  test.each([
    ["container", { processes: "pid:[1]" }],
    ["machine", { machine: "0123" }],
  ])("because it is in another %s, blocks the recovery, also the next time", async (_, change) => {
    const locks = await locked();
    await writePlace(place(), { ...placeHere(), ...change });
    for (let time = 0; time < 2; time++) {
      const { said, asked, ran } = await recovering(`file://${folder}`, answers);
      expect([said, asked, ran]).toEqual([[unknown], [], []]);
    }
    expect(await readdir(locks)).toEqual(["0.json"]);
    // As after `pulumi cancel`.
    await rm(join(locks, "0.json"));
    expect((await recovering(`file://${folder}`, answers)).said).toContain(volumeSaid);
    expect(readPlace(place())).toEqual(placeHere());
  });
});

test("nothing is recovered while another command works on the stack, and the stack is released afterwards", async () => {
  const other = await StackHold.take(folder, projectName(), "lab");
  await expect(recovering(`file://${folder}`, answers)).rejects.toThrow(AnotherRunError);
  other.release();
  const shared = await shareStack(folder, projectName(), "lab");
  await expect(recovering(`file://${folder}`, answers)).rejects.toThrow(AnotherRunError);
  shared!.release();
  expect((await recovering(`file://${folder}`, answers)).said).toContain(volumeSaid);
  expect(await FileLock.take(join(folder, ".nodeforge", projectName(), "lab.lock"))).toBeDefined();
});

test("a command recovers the stack that it holds already", async () => {
  const hold = await StackHold.take(folder, projectName(), "lab");
  expect((await recovering(`file://${folder}`, answers, undefined, hold)).said).toContain(volumeSaid);
});

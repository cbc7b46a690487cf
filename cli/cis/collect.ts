import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import type { Machine } from "../machines/machine.ts";
import type { Kubectl } from "../machines/readiness.ts";
import { controlPlaneShell, type Login } from "../node-ssh.ts";
import { parseFacts, parseKubelet } from "./facts.ts";
import type { CheckedNode } from "./report.ts";

/** Nodes that are asked at the same time. */
const atOnce = 8;

/** Asks every node for its facts. @throws naming the node that does not answer. */
export async function collectFacts(
  machines: readonly Machine[],
  login: Login,
  ask: Kubectl,
): Promise<readonly CheckedNode[]> {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-cis-"));
  try {
    return await pMap(machines, (machine) => factsOf(machine, login, ask, folder), { concurrency: atOnce });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function factsOf(machine: Machine, login: Login, ask: Kubectl, folder: string): Promise<CheckedNode> {
  const { name, role, address, hostKey } = machine;
  if (address === undefined || hostKey === undefined) {
    throw new Error(
      `the state has no ${hostKey === undefined ? "host key" : "address"} of ${name}. Fix: npm run up finishes its bring-up`,
    );
  }
  const shell = await controlPlaneShell({ name, address, hostKey, login, folder });
  try {
    const [text, configuration] = await Promise.all([
      shell.run("cis-facts"),
      ask("get", "--raw", `/api/v1/nodes/${name}/proxy/configz`),
    ]);
    return { name, role, facts: parseFacts(text, parseKubelet(configuration)) };
  } catch (error) {
    throw new Error(`${name} cannot be checked: ${(error as Error).message}`, { cause: error });
  } finally {
    await shell.close();
  }
}

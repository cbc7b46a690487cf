import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterStateOf } from "../../diagnose/state.ts";
import { controlPlaneShell, loginOf, type ControlPlaneShell } from "../../node-ssh.ts";
import type { OpenSession } from "../../session.ts";
import { stackArguments } from "../../stack/settings.ts";
import { readState } from "../../stack/state.ts";

/** The part of a session that reaches the control plane. */
type ReachingSession = Pick<OpenSession, "stack" | "settings" | "variables" | "capture">;

/**
 * Opens a shell of a stack's control plane, with the address and host key of the state.
 * {@link ControlPlaneShell.close} also removes its private folder.
 * @throws where the state has no control plane, or lacks its address or host key.
 */
export async function openControlPlane(session: ReachingSession): Promise<ControlPlaneShell> {
  const { stack } = session;
  const node = clusterStateOf(await readState(session)).nodes.find(({ role }) => role === "control-plane");
  const fix = `Fix: npm run up${["", ...stackArguments(stack)].join(" ").replace(" ", " -- ")}`;
  if (node === undefined) throw new Error(`the state of stack ${stack} has no control plane. ${fix}`);
  const { name, address, hostKey } = node;
  if (address === undefined || hostKey === undefined) {
    const missing = address === undefined ? "address" : "host key";
    throw new Error(`the state of stack ${stack} has no ${missing} of ${name}, which an unfinished up leaves. ${fix}`);
  }
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-bench-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const shell = await controlPlaneShell({
      name,
      address,
      hostKey,
      login: loginOf(session.settings(), session),
      folder,
    });
    return { ...shell, close: () => shell.close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

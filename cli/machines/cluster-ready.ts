import { logLine } from "../../lib/log.ts";
import { clusterStateOf } from "../diagnose/state.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import type { Session } from "../stack/session.ts";
import type { StackState } from "../stack/state.ts";
import { kubectlWith, waitForApi, waitForNodes } from "./readiness.ts";

/** Waits for a cluster of which machines were started or reverted. */
export interface ClusterWait {
  /** Waits for the API server. */
  readonly api: () => Promise<void>;
  /** Waits for the nodes. */
  readonly nodes: () => Promise<void>;
}

/**
 * Returns the waits for a stack's cluster. They do nothing where the bring-up of the stack is not complete.
 * @param minutes Limit of each wait.
 */
export async function clusterWait(session: Session, state: StackState, minutes: number): Promise<ClusterWait> {
  const { ready, nodes } = clusterStateOf(state);
  if (!ready) {
    const skip = () => Promise.resolve();
    logLine(
      `the bring-up of stack ${session.stack} is not complete, so only its machines are started; next: npm run up`,
    );
    return { api: skip, nodes: skip };
  }
  const ask = await kubectlWith(await writeKubeconfig(session));
  const patience = { timeout: minutes * 60_000 };
  const names = nodes.map(({ name }) => name);
  return { api: () => waitForApi(ask, patience), nodes: () => waitForNodes(ask, names, patience) };
}

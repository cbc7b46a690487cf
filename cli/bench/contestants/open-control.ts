import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection, type Identity, type Server } from "../../../lib/api-server.ts";
import type { ControlPlaneShell } from "../../node-ssh.ts";
import { ContestantControl } from "./contestant-control.ts";
import { LocalScheduler } from "./local-scheduler.ts";
import { ManifestScheduler } from "./manifest-scheduler.ts";
import { SchedulerControl } from "./scheduler-control.ts";
import { createSchedulerIdentity, deleteSchedulerIdentity } from "./scheduler-identity.ts";

/** A control of schedulers that holds a private folder until its end. */
interface OpenControl extends AsyncDisposable {
  readonly control: ContestantControl;
}

/**
 * Opens the control of a cluster's schedulers. Its end also ends a local scheduler, and removes the kubeconfig of it.
 * @param limitSeconds Time after which the shipped scheduler runs again, whatever becomes of this process.
 */
export async function openContestantControl(
  shell: Pick<ControlPlaneShell, "run" | "copy">,
  limitSeconds: number,
  { server, administrator }: { readonly server: Server; readonly administrator: Identity },
): Promise<OpenControl> {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-local-"));
  const local = new LocalScheduler(folder);
  const withAdmin = async <T>(work: (admin: Connection) => Promise<T>) => {
    using admin = new Connection(server, administrator);
    return await work(admin);
  };
  const control = new ContestantControl({
    node: new SchedulerControl(shell, limitSeconds),
    local,
    pods: new ManifestScheduler(server, administrator),
    identity: {
      create: () => withAdmin((admin) => createSchedulerIdentity(admin, server)),
      remove: () => withAdmin(deleteSchedulerIdentity),
    },
  });
  return {
    control,
    [Symbol.asyncDispose]: async () => {
      await local.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

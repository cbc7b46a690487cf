import pMap from "p-map";
import { logLine, type Log } from "../../lib/log.ts";
import { patientVirshFor, type Virsh } from "../../libvirt/virsh.ts";
import { resourceType } from "../../names.ts";
import type { Polling } from "../recovery/halted-machines.ts";
import { startStopped } from "../recovery/restart.ts";
import { setWrongClocks } from "../recovery/wrong-clocks.ts";
import type { StackState } from "../stack/state.ts";
import { readMachineState, wordFor, type Machine } from "./machine.ts";
import type { Change } from "./report.ts";
import { refuseUnfinishedRevert } from "./revert-mark.ts";

/** Options of {@link startMachines}. */
export interface StartOptions {
  /** Called when the control plane runs, before a worker is started. @default nothing */
  readonly whenControlPlaneRuns?: () => Promise<void>;
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link logLine} */
  readonly log?: Log;
  readonly polling?: Polling;
}

/** Machines that start at a time. */
const concurrency = 4;

/**
 * Starts machines with their networks and pools: the control plane, and then the workers. A machine with saved memory continues,
 * a paused one is resumed, and one that is off boots. Sets the clocks of those that continue, and all wrong ones.
 * @param state State that has the machines, and the networks and pools that they need.
 * @returns the machines in the given order.
 * @throws when a machine cannot be started, with the fix. Before any change when the last revert did not finish.
 */
export async function startMachines(
  state: StackState,
  machines: readonly Machine[],
  options: StartOptions = {},
): Promise<readonly Change[]> {
  const { connect = patientVirshFor, log = logLine, polling, whenControlPlaneRuns } = options;
  await refuseUnfinishedRevert(machines, connect);
  const before = new Map<string, string>();
  await pMap(
    machines,
    async ({ uuid, uri }) => {
      before.set(uuid, wordFor(await readMachineState(connect(uri), uuid)));
    },
    { concurrency },
  );
  for (const role of ["control-plane", "worker"] as const) {
    const group = machines.filter((machine) => machine.role === role);
    const uuids = new Set(group.map(({ uuid }) => uuid));
    const own = ({ type, id }: StackState["resources"][number]) => type !== resourceType.domain || uuids.has(id ?? "");
    const shown = { ...state, resources: state.resources.filter(own) };
    await startStopped(shown, { connect, log, ...(polling === undefined ? {} : { polling }) });
    await pMap(group, (machine) => boot(machine, connect, log), { concurrency });
    if (role === "control-plane") await whenControlPlaneRuns?.();
  }
  await setWrongClocks(state, { connect, log });
  return Promise.all(
    machines.map(async ({ uuid, uri, name, role, domain }) => {
      const after = wordFor(await readMachineState(connect(uri), uuid));
      return { node: name, role, domain, before: before.get(uuid) ?? "", after };
    }),
  );
}

async function boot({ uuid, uri, name }: Machine, connect: (uri: string) => Virsh, log: Log): Promise<void> {
  const virsh = connect(uri);
  const { state } = await readMachineState(virsh, uuid);
  if (state === "missing") {
    throw new Error(`libvirt has no machine of ${name}, expected domain ${uuid}. Fix: npm run up, which recreates it`);
  }
  if (state !== "shut off") return;
  log(`booting ${name}`);
  await virsh("start", uuid);
}

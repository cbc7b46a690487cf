/**
 * Runs the cases of standard input on the control plane whose namespaces this process is in, and prints a JSON line with the
 * results. `test/conformance/bare-cluster.ts` starts it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { nativeEndpoint } from "../../bench/control-plane/native.ts";
import { which } from "../../lib/process.ts";
import { runSuite } from "./suite.ts";

/** Standard input of this program. */
export interface Task {
  /** Path of the program with the tests. */
  readonly program: string;
  /** Names of the cases to run. */
  readonly chosen: readonly string[];
  /** Folder for the log and the temporary files of the tests. */
  readonly folder: string;
}

const kubeconfig = "/etc/kubernetes/admin.conf";
if (!readFileSync(kubeconfig, "utf8").includes(nativeEndpoint))
  throw new Error(`${kubeconfig} does not name ${nativeEndpoint}. Fix: npm run test:conformance -- --bare`);
const task = JSON.parse(await text(process.stdin)) as Task;
const log = join(task.folder, "conformance.log");
const { signal } = new AbortController();
const { results } = await runSuite({
  ...{ ...task, kubeconfig, log, signal },
  kubectl: which("kubectl") ?? "kubectl",
  domain: "cluster.local",
});
console.log(JSON.stringify({ results }));

/**
 * Joins the nodes of standard input to the cluster, and prints a JSON line with the result. `bench/joins.ts` starts it in the
 * network of the control plane.
 */
import { text } from "node:stream/consumers";
import { repeated, type Connection } from "../../lib/api-server.ts";
import { printResult } from "../print-result.ts";
import { joinCluster, type Conditions, type Joiner } from "./node.ts";
import { inWaves, type Joins } from "./waves.ts";

/** Standard input of this program. */
export interface Task {
  readonly joiners: readonly Joiner[];
  readonly waveSize: number;
  readonly conditions: Conditions;
}

/** Standard output of this program. */
export interface TaskResult extends Joins {
  /** Requests that were sent again after a transient refusal. */
  readonly repeated: number;
}

const { joiners, waveSize, conditions } = JSON.parse(await text(process.stdin)) as Task;
const connections: Connection[] = [];
const joins = await inWaves(joiners, waveSize, async (joiner) => {
  connections.push(await joinCluster(joiner, conditions));
});
const result: TaskResult = { ...joins, repeated: repeated.requests };
printResult(result);

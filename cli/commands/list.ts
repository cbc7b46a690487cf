import { Option } from "commander";
import pMap from "p-map";
import { checkout } from "../../lib/checkout.ts";
import { list as listOf, object, readJson, text } from "../../lib/outside.ts";
import { virshFor } from "../../libvirt/virsh.ts";
import { hypervisorUri } from "../hypervisor-uri.ts";
import { listClusters, type ReadStack } from "../overview/clusters.ts";
import { clustersText } from "../overview/clusters-text.ts";
import { openSession, type OpenSession } from "../session.ts";
import { readState } from "../stack/state.ts";
import { defineCommand } from "./command.ts";
import { stackOption } from "./options.ts";

interface ListOptions {
  readonly stack: string;
  readonly json?: boolean;
}

/** Calls of Pulumi at a time. Each takes 100 MB of memory. */
const concurrency = 4;

/** Lists the clusters of this machine. */
export const command = defineCommand<ListOptions>({
  name: "list",
  purpose:
    "Lists every stack of this checkout with its cluster. Then lists clusters of other checkouts on the same hypervisors, by the " +
    "marks that their machines have in libvirt. A cluster whose stack or checkout was deleted is among them. Changes nothing.",
  options: () => [stackOption("-s, --stack <name>"), new Option("--json", "print the clusters as JSON")],
  examples: { "npm run list": "all clusters", "npm run --silent list -- --json": "for a program" },
  async run({ stack, json = false }) {
    const session = await openSession({ stack }, { image: false, hypervisor: true, plugins: false });
    const stacks = await pMap(await stacksOf(session), (name) => readStack(session, name), { concurrency });
    const list = await listClusters(checkout, stacks, [hypervisorUri(session.settings())], virshFor);
    console.log(json ? JSON.stringify(list, undefined, 2) : clustersText(list));
    return list.problems.length === 0 ? 0 : 1;
  },
});

const source = { name: "Pulumi's list of stacks", fix: "npm run pulumi -- stack ls" };
const stacksShape = listOf(object({ name: text }));

/** Names of all stacks of this project in the backend, sorted. */
async function stacksOf({ capture }: OpenSession): Promise<readonly string[]> {
  const json = await capture(["stack", "ls", "--json"]);
  const stacks = readJson<readonly { readonly name: string }[]>(json, source, stacksShape);
  // A file backend has one organisation, which no command needs.
  return stacks.map(({ name }) => name.replace(/^organization\/[^/]+\//, "")).sort();
}

async function readStack({ capture }: OpenSession, stack: string): Promise<ReadStack> {
  return { stack, state: await readState({ stack, capture }).catch((error: unknown) => error as Error) };
}

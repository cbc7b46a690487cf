import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { logLine } from "../../lib/log.ts";
import { virshFor } from "../../libvirt/virsh.ts";
import { drawCluster } from "../graph/draw-cluster.ts";
import { mermaid } from "../graph/mermaid.ts";
import { readNodeStates, type NodeStates } from "../graph/node-states.ts";
import { svg } from "../graph/svg.ts";
import { kubectlWith, type Kubectl } from "../machines/readiness.ts";
import { openSession, type OpenSession } from "../session.ts";
import { writeKubeconfig } from "../stack/outputs.ts";
import { readState, type StackState } from "../stack/state.ts";
import { defineCommand } from "./command.ts";
import { choiceOf, stackOptions, type StackOptions } from "./options.ts";

interface GraphOptions extends StackOptions {
  readonly format: "mermaid" | "svg";
  readonly out?: string;
  /** False with `--no-live`. */
  readonly live: boolean;
  readonly fold: number;
}

function wholeNumber(text: string): number {
  if (!/^(0|[1-9]\d{0,4})$/.test(text)) throw new InvalidArgumentError("Expected a whole number from 0 to 99999.");
  return Number(text);
}

/** Draws the cluster of a stack. */
export const command = defineCommand<GraphOptions>({
  name: "graph",
  purpose:
    "Draws the cluster of a stack from its state: hypervisor, network, storage pool, base images, control plane, workers by " +
    "pool and simulated nodes. The colours show which machines run and which nodes are Ready. Changes nothing.",
  options: () => [
    ...stackOptions(),
    new Option("--format <format>", "form of the drawing").choices(["mermaid", "svg"]).default("mermaid"),
    new Option("--out <file>", "write the drawing to this file instead of the standard output"),
    new Option("--no-live", "ask neither the hypervisor nor the API server; nodes are grey"),
    new Option("--fold <nodes>", "draw a worker pool of more nodes as one box").default(8).argParser(wholeNumber),
  ],
  examples: {
    "npm run --silent graph": "the cluster of the stack dev, as Mermaid",
    "npm run graph -- --format svg --out cluster.svg": "the same as a picture",
    "npm run --silent graph -- --stack lab --no-live": "from the state alone",
  },
  async run(options) {
    const choice = choiceOf(options);
    const session = await openSession(choice, { image: false, hypervisor: options.live, plugins: false });
    const state = await readState(session);
    const live = options.live ? await askNodes(session, state) : undefined;
    const graph = drawCluster({ stack: choice.stack, state, live, fold: options.fold });
    const text = options.format === "svg" ? svg(graph) : mermaid(graph);
    if (options.out === undefined) process.stdout.write(text);
    else {
      // npm changes into the checkout. INIT_CWD is the user's folder.
      await writeFile(resolve(process.env.INIT_CWD ?? "", options.out), text);
      logLine(`wrote ${options.out}`);
    }
    return 0;
  },
});

async function askNodes(session: OpenSession, state: StackState): Promise<NodeStates> {
  const path = await writeKubeconfig(session).catch((error: unknown) => error as Error);
  // Without a kubeconfig, the machines still have a state.
  const ask: Kubectl = path instanceof Error ? () => Promise.reject(path) : await kubectlWith(path);
  return readNodeStates({ state, connect: virshFor, ask });
}

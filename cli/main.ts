import { logLine } from "../lib/log.ts";

/** A command: takes its arguments, returns its exit code. */
export type Command = (args: readonly string[]) => Promise<number>;

interface Entry {
  readonly summary: string;
  /** Loaded on use, so that a small command does not wait for the rest. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

const commands: Readonly<Record<string, Entry>> = {
  up: { summary: "make or change the cluster; arguments go to pulumi up", load: () => import("./commands/up.ts") },
  preview: { summary: "show what up would change", load: () => import("./commands/preview.ts") },
  roll: {
    summary: "move to another node image, batch by batch: --image NEW, or --undo",
    load: () => import("./commands/roll.ts"),
  },
  refresh: { summary: "compare the state with what libvirt has", load: () => import("./commands/refresh.ts") },
  destroy: { summary: "remove the cluster", load: () => import("./commands/destroy.ts") },
  kubectl: { summary: "talk to the cluster", load: () => import("./commands/kubectl.ts") },
  doctor: { summary: "check this machine", load: () => import("./commands/doctor.ts") },
  runs: {
    summary: "list what up did; `show RUN`, `compare RUN RUN`, `prune` removes old ones",
    load: () => import("./commands/runs.ts"),
  },
  diagnose: {
    summary: "collect what nodes, libvirt and Kubernetes say, and name the likely cause",
    load: () => import("./commands/diagnose.ts"),
  },
  pulumi: { summary: "run pulumi itself on the stack", load: () => import("./commands/pulumi.ts") },
  env: {
    summary: 'print variables for plain pulumi: eval "$(npm run --silent env)"',
    load: () => import("./commands/env.ts"),
  },
  image: { summary: "build the node image and print its path", load: () => import("./commands/image.ts") },
  cache: {
    summary: "list what was built; `prune` removes what was superseded or not used",
    load: () => import("./commands/cache.ts"),
  },
};

// A terminal that was closed takes no more text. What is left to be put in order is done all the same.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EIO") throw error;
  });
}

const [name = "", ...args] = process.argv.slice(2);
const entry = commands[name];
if (entry === undefined) {
  const lines = Object.entries(commands).map(([command, { summary }]) => `  npm run ${command.padEnd(8)} ${summary}`);
  console.error(`${name ? `There is no command ${name}.` : "Which command?"}\n${lines.join("\n")}`);
  process.exitCode = 2;
} else {
  try {
    const { command } = await entry.load();
    process.exitCode = await command(args);
  } catch (error) {
    logLine(error instanceof Error ? error.message : String(error));
    if (process.env.NODEFORGE_DEBUG) console.error(error);
    process.exitCode = 1;
  }
}

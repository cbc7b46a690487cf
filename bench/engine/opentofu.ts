import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lib/process.ts";
import { goTool } from "../../test/support/go-tool.ts";
import { measure } from "./measure.ts";
import type { Operation, Plan, Result } from "./operations.ts";

/** Resources of a worker, each with those that it depends on. They have the order of the program's resources. */
const dependencies: Readonly<Record<string, readonly string[]>> = {
  root: [],
  seed: [],
  domain: ["root", "seed"],
  hostkey: ["domain"],
  token: ["domain", "hostkey"],
  join: ["hostkey", "token"],
  ready: ["join"],
  member: ["ready"],
};

/** Operations that OpenTofu has, too, as its arguments. */
const argsOf: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  up: ["apply", "-auto-approve"],
  preview: ["plan"],
  grow: ["apply", "-auto-approve"],
  destroy: ["apply", "-destroy", "-auto-approve"],
};

/** Returns the path of OpenTofu, which is built from its Go module when the cache does not have it. */
export function openTofu(): Promise<string> {
  return goTool("opentofu");
}

/**
 * Configuration with as many instant resources for each worker as the program has. OpenTofu brings their type along. `count`
 * makes the workers, because that is the usual form, and the one that costs OpenTofu least.
 */
export function configuration(): object {
  const resource = ([name, needs]: readonly [string, readonly string[]]) => [
    name,
    {
      count: "${var.workers}",
      // About as many bytes as the inputs of a worker's resource.
      input: {
        name: `lab-worker-\${count.index}-${name}`,
        text: "x".repeat(400),
        needs: needs.map((need) => `\${terraform_data.${need}[count.index].id}`),
      },
    },
  ];
  const resources = Object.fromEntries(Object.entries(dependencies).map(resource)) as Readonly<Record<string, object>>;
  return { variable: { workers: { type: "number" } }, resource: { terraform_data: resources } };
}

/** Measures OpenTofu at a number of workers as {@link measureNodeforge} measures the program. */
export async function measureOpenTofu(
  workers: number,
  { operations: chosen, limit }: Plan,
  report: (result: Result) => void,
): Promise<void> {
  const program = await openTofu();
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-bench-tofu-"));
  try {
    // OpenTofu warns of a missing file of the user's settings at each command, and must not read one.
    const environment = { TF_CLI_CONFIG_FILE: join(folder, "none.tofurc"), CHECKPOINT_DISABLE: "1" };
    await writeFile(environment.TF_CLI_CONFIG_FILE, "");
    await writeFile(join(folder, "main.tf.json"), JSON.stringify(configuration()));
    await run(program, ["init"], { cwd: folder, env: environment });
    let current = workers;
    for (const operation of chosen) {
      const args = argsOf[operation];
      if (args === undefined) continue;
      if (operation === "grow") current++;
      const measures = await measure({
        program,
        args: [...args, "-no-color", "-input=false", "-var", `workers=${current}`],
        cwd: folder,
        environment,
        state: { folders: [folder], name: /^terraform\.tfstate(\.backup)?$/ },
        limit,
      });
      const isDone = measures.outcome === "done";
      const cpu = { ...measures.cpu, plugins: 0 };
      report({
        tool: "opentofu",
        workers,
        operation,
        ...measures,
        cpu,
        ...(isDone ? { state: await size(folder) } : {}),
      });
      if (!isDone) return;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function size(folder: string) {
  const text = await readFile(join(folder, "terraform.tfstate"), "utf8");
  const { resources } = JSON.parse(text) as { resources: readonly { readonly instances: readonly unknown[] }[] };
  const count = resources.reduce((sum, { instances }) => sum + instances.length, 0);
  return { bytes: Buffer.byteLength(text), resources: count };
}

/** Runs Pulumi as a command does whose stack has a journal. The arguments are the stack and the arguments of `pulumi`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { withStateService } from "../../cli/state-service/with-state-service.ts";
import { backendFolder } from "../../cli/stack/lock.ts";

const [stack = "", ...args] = process.argv.slice(2);
const folder = backendFolder(process.env.PULUMI_BACKEND_URL) ?? "";
process.exitCode = await withStateService({ folder, project: "nodeforge", stack }, async (variables) => {
  const pulumi = spawn("pulumi", args, { stdio: "inherit", env: { ...process.env, ...variables } });
  // A terminal would send Ctrl-C to both.
  process.on("SIGINT", () => pulumi.kill("SIGINT"));
  const [code] = (await once(pulumi, "exit")) as [number | null];
  return code ?? 1;
});

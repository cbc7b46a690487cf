import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { which } from "../../../lib/process.ts";
import type { CommonSettings, LocalSource } from "../scenario/scenario.ts";
import type { LocalProgram } from "./contestant.ts";

const placeholders = ["kubeconfig", "config", "qps", "burst"];

/** A local scheduler, and what is wrong with it. */
interface ResolvedLocal {
  readonly program: LocalProgram;
  readonly problems: readonly string[];
}

/**
 * Checks a scheduler of the operator's machine.
 *
 * Its arguments must have `{config}`, or `{qps}` and `{burst}`: without them its client would have limits of its own, and the
 * comparison would measure those.
 * @param folder Folder of the scenario, to which a command with a slash is relative.
 */
export async function resolveLocal(
  { command, args, url }: LocalSource,
  { qps, burst }: Pick<CommonSettings, "qps" | "burst">,
  folder: string,
): Promise<ResolvedLocal> {
  const problems: string[] = [];
  const isPath = command.includes("/");
  const path = isPath ? resolve(folder, command) : which(command);
  if (path === undefined) {
    problems.push(`local.command: PATH has no program ${command}. Fix: install it, or name its path`);
  } else if (isPath) {
    const file = await stat(path).catch(() => undefined);
    if (!file?.isFile()) problems.push(`local.command: there is no such file: ${path}`);
    else if ((file.mode & 0o111) === 0)
      problems.push(`local.command: ${path} is not executable. Fix: chmod +x ${path}`);
  }
  const used = args.flatMap((text) => [...text.matchAll(/\{([a-z]+)\}/g)].map(([, name = ""]) => name));
  for (const name of new Set(used.filter((each) => !placeholders.includes(each)))) {
    problems.push(`local.args: there is no placeholder {${name}}, expected one of {${placeholders.join("}, {")}}`);
  }
  if (!used.includes("config") && !(used.includes("qps") && used.includes("burst"))) {
    problems.push(
      "local.args: nothing hands over the client limits, which every scheduler has. " +
        "Fix: add an argument such as --config={config}, or two with {qps} and {burst}",
    );
  }
  const program = { command: path ?? command, args, limits: { qps, burst }, ...(url === undefined ? {} : { url }) };
  return { program, problems };
}

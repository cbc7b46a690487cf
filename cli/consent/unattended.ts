import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agreeing } from "./consent.ts";
import { chooseImage } from "../../image/location.ts";
import { builtImage } from "../../image/provide.ts";
import { describeLosses, plannedLosses } from "./planned-losses.ts";
import { imagesOfNodes } from "../roll/plan.ts";
import type { Run } from "../runs/run.ts";
import type { Session } from "../session.ts";
import { readState } from "../stack/state.ts";

/** Why a command that nobody can be asked about did not go ahead, and how to agree to it. */
export class RefusedError extends Error {
  constructor(losses: string, agreement: string) {
    super(
      "this deletes or replaces what may be lost, and nobody can be asked without a terminal; none of it was done:\n" +
        `${losses}\nTo agree: ${agreement}`,
    );
  }
}

/**
 * Refuses an `up` that would replace nodes by ones of an image that has not been built yet: the default image is known by
 * its sources, so this needs neither the image nor a plan.
 * @param built Path of the default image, undefined when it is not there; a test brings its own.
 * @throws {RefusedError} naming the nodes.
 */
export async function refuseOtherImage(
  session: Pick<Session, "stack" | "capture" | "settings">,
  args: readonly string[],
  built: () => Promise<string | undefined> = builtImage,
): Promise<void> {
  if (chooseImage(session.settings().get("image")).origin !== "cache") return;
  const nodes = imagesOfNodes(await readState(session)).filter(({ image }) => image !== undefined);
  // A stack without machines can lose none.
  if (nodes.length === 0 || (await built()) !== undefined) return;
  const lines = nodes.map(({ node, image }) => `  replace  machine ${node}, which runs image ${image}`);
  const why = "  the node image of this checkout is another one, which is not built yet";
  throw new RefusedError([...lines, why].join("\n"), agreeing("up", session.stack, args));
}

/** Options of `up` that `preview` does not know (3.250); the first is followed by a value. */
const onlyOfUp = /^--(secrets-provider|continue-on-error|strict)(=|$)/;

/** Arguments for `pulumi preview` that show what `pulumi up` with these would do. */
export function previewArguments(args: readonly string[]): readonly string[] {
  return args.filter(
    (argument, index) => !onlyOfUp.test(argument) && (index === 0 || args[index - 1] !== "--secrets-provider"),
  );
}

/**
 * Plans an `up` that nobody can be asked about; the plan is shown, and is part of the run's log.
 * @param args Arguments for `pulumi up`.
 * @returns Pulumi's exit code, and what the plan would delete or replace that can be lost, as text; "" when nothing.
 */
export async function planUnattended(
  run: Pick<Run, "pulumi">,
  { stack }: Pick<Session, "stack">,
  args: readonly string[],
): Promise<{ readonly code: number; readonly losses: string }> {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-plan-"));
  try {
    const events = join(folder, "events.json");
    const preview = ["preview", "--stack", stack, "--event-log", events, ...previewArguments(args)];
    // Without the variable the CLI has no such option.
    const code = await run.pulumi(preview, { PULUMI_DEBUG_COMMANDS: "true" });
    const losses = code === 0 ? describeLosses(plannedLosses(await readFile(events, "utf8"))) : "";
    return { code, losses };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Options that make an `up` without a question of what {@link planUnattended} has shown. */
export function goingAhead(args: readonly string[]): readonly string[] {
  // A strict update is held to a plan, so Pulumi makes one itself.
  return args.some((argument) => /^--strict(=true)?$/.test(argument)) ? ["--yes"] : ["--yes", "--skip-preview"];
}

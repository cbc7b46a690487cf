import { agreeingCommand } from "./consent.ts";
import { chooseImage } from "../../image/location.ts";
import { builtImage } from "../../image/provide.ts";
import { describeLosses, plannedLosses } from "./planned-losses.ts";
import { EventStream } from "../engine-events/event-stream.ts";
import type { Run } from "../runs/run.ts";
import type { Session } from "../stack/session.ts";
import { imagesOfNodes } from "../stack/node-images.ts";
import { readState } from "../stack/state.ts";

/**
 * A command was refused, because its plan has losses and there is no terminal to confirm them. The message names the losses and
 * the command that agrees to them.
 */
export class RefusedError extends Error {
  constructor(losses: string, agreement: string) {
    super(
      "this would delete or replace the following, and there is no terminal to confirm it; none of it was done:\n" +
        `${losses}\nTo agree: ${agreement}`,
    );
  }
}

/**
 * Refuses an `up` that would replace the nodes because the default image has changed and is not built yet. The sources of the
 * image identify it, so this needs neither the image nor a plan.
 * @param built Returns the path of the default image; undefined before it is built.
 * @throws {RefusedError} naming the nodes.
 */
export async function refuseOtherImage(
  session: Pick<Session, "stack" | "capture" | "settings">,
  args: readonly string[],
  built: () => Promise<string | undefined> = builtImage,
): Promise<void> {
  if (chooseImage(session.settings().get("image")).origin !== "cache") return;
  const nodes = imagesOfNodes(await readState(session)).filter(({ image }) => image !== undefined);
  // A stack without machines has no machine to lose.
  if (nodes.length === 0 || (await built()) !== undefined) return;
  const lines = nodes.map(({ node, image }) => `  replace  machine ${node}, which runs image ${image}`);
  const why = "  reason: this checkout has another node image, which is not built yet";
  throw new RefusedError([...lines, why].join("\n"), agreeingCommand("up", session.stack, args));
}

/** Options of `up` that `preview` does not have (3.250), and the log of events that the plan needs itself. */
const onlyOfUp =
  /^--(secrets-provider|continue-on-error|strict|yes|skip-preview|event-log)(=|$)|^-[dehjrQ]*[yf][defhjryQ]*$/;

/** Those of {@link onlyOfUp} whose value is the next argument. */
const takesValue = ["--secrets-provider", "--event-log"];

/** Arguments for `pulumi preview` that show the plan of `pulumi up` with these arguments. */
export function previewArguments(args: readonly string[]): readonly string[] {
  return args.filter((argument, index) => !onlyOfUp.test(argument) && !takesValue.includes(args[index - 1] ?? ""));
}

/**
 * Plans an `up` that cannot ask for confirmation. Pulumi prints the plan, also into the run's log.
 * @param args Arguments for `pulumi up`.
 * @returns Pulumi's exit code, and the losses of the plan as text; "" for none.
 */
export async function planUnattended(
  run: Pick<Run, "pulumi">,
  { stack }: Pick<Session, "stack">,
  args: readonly string[],
): Promise<{ readonly code: number; readonly losses: string }> {
  const { code, events } = await planEvents(run, stack, args);
  return { code, losses: code === 0 ? describeLosses(plannedLosses(events.join("\n"))) : "" };
}

/**
 * Previews an `up`.
 * @param args Arguments for `pulumi up`.
 * @param hides Whether the terminal does not show the preview, which the run's log has in any case. @default never
 * @returns Pulumi's exit code, and the engine's events, each a JSON object; none after a failure.
 */
export async function planEvents(
  run: Pick<Run, "pulumi">,
  stack: string,
  args: readonly string[],
  hides?: () => boolean,
): Promise<{ readonly code: number; readonly events: readonly string[] }> {
  const events: string[] = [];
  await using stream = await EventStream.open({ onEvent: (line) => events.push(line) });
  const preview = ["preview", "--stack", stack, ...stream.options, ...previewArguments(args)];
  const code = await run.pulumi(preview, stream.variables, hides);
  return { code, events: code === 0 ? events : [] };
}

/** Options by which `pulumi up` applies the plan of {@link planUnattended} without a question. */
export function optionsToProceed(args: readonly string[]): readonly string[] {
  // A strict update must match a plan, so Pulumi makes one itself.
  return args.some((argument) => /^--strict(=true)?$/.test(argument)) ? ["--yes"] : ["--yes", "--skip-preview"];
}

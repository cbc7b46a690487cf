import { preview } from "../../cli/preview.ts";
import { recover } from "../../cli/recovery/recover.ts";
import type { TestStack } from "./stack.ts";

/** Recovers the stack as the commands do; returns its log, the output of Pulumi, and the calls of virsh. */
export async function recoveryOf(stack: TestStack) {
  const said: string[] = [];
  const printed: string[] = [];
  const asked: string[] = [];
  const { hold } = await recover(stack.session(printed), {
    connect:
      () =>
      (...args) => {
        asked.push(args.join(" "));
        return stack.virsh(...args);
      },
    log: (line) => said.push(line),
  });
  // A command would hold the stack until its process ends.
  hold?.release();
  return { said, printed, asked };
}

/** Previews as the command does, without the program; returns its log and the commands of Pulumi that it ran. */
export async function previewOf(stack: TestStack, ...rest: string[]) {
  const said: string[] = [];
  const ran: string[] = [];
  const session = stack.session();
  const capture = (args: readonly string[]) => {
    ran.push(args.slice(0, 2).join(" ").replace(/ --.*/, ""));
    return session.capture(args);
  };
  const pulumi = (args: readonly string[]) => {
    ran.push(args.join(" "));
    return Promise.resolve(0);
  };
  const code = await preview({ ...session, capture, pulumi }, rest, (line) => said.push(line));
  return { code, said, ran };
}

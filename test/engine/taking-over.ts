import { preview } from "../../cli/preview.ts";
import { recover } from "../../cli/recovery/recover.ts";
import type { TestStack } from "./stack.ts";

/** Takes over as the commands do; returns what it says, what Pulumi printed, and what virsh was asked. */
export async function takeOverOf(stack: TestStack) {
  const said: string[] = [];
  const printed: string[] = [];
  const asked: string[] = [];
  const hold = await recover(stack.session(printed), {
    connect:
      () =>
      (...args) => {
        asked.push(args.join(" "));
        return stack.virsh(...args);
      },
    log: (line) => said.push(line),
  });
  // The command's process would end with what follows.
  hold?.release();
  return { said, printed, asked };
}

/** Previews as the command does, but for the program; returns what it says and which commands of Pulumi it ran. */
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
  const code = await preview({ ...session, capture, pulumi }, { stack: "lab", rest }, (line) => said.push(line));
  return { code, said, ran };
}

import type { Virsh } from "../../libvirt/virsh.ts";

/** An answer to a command of virsh, or one for each call in turn. The last one repeats. An Error makes the call fail. */
export type Answer = string | Error | readonly string[];

/**
 * Returns a virsh that has only these answers, by its arguments, and the list of its calls. A call without an answer fails.
 * @param meanwhile Called with each command before its answer.
 */
export function answering(
  answers: Readonly<Record<string, Answer | undefined>>,
  meanwhile: (command: string) => Promise<void> | void = () => undefined,
) {
  const asked: string[] = [];
  const virsh: Virsh = async (...args) => {
    // The name of a temporary file is random.
    const command = args.join(" ").replaceAll(/\/\S*\.xml/g, "FILE");
    const before = asked.filter((other) => other === command).length;
    asked.push(command);
    await meanwhile(command);
    const answer = answers[command];
    if (answer === undefined) throw new Error(`no answer to ${command}`);
    if (answer instanceof Error) throw answer;
    return typeof answer === "string" ? answer : (answer[Math.min(before, answer.length - 1)] ?? "");
  };
  return { virsh, asked };
}

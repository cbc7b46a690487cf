import type { Virsh } from "../../libvirt/virsh.ts";

/** A virsh that has these answers, by its arguments, and what it is asked; whatever has no answer fails. */
export function answering(answers: Readonly<Record<string, string | undefined>>) {
  const asked: string[] = [];
  const virsh: Virsh = (...args) => {
    const command = args.join(" ");
    asked.push(command);
    const answer = answers[command];
    return answer === undefined ? Promise.reject(new Error(`no answer to ${command}`)) : Promise.resolve(answer);
  };
  return { virsh, asked };
}

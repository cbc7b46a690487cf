import type { Virsh } from "../../libvirt/virsh.ts";

/** Makes a virsh with given answers by arguments, and records its calls. A call without an answer fails. */
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

import { knownCauses } from "../cli/diagnose/known-causes.ts";

const head = `# Troubleshooting

\`npm run doctor\` checks the machine before anything is made, and says how to mend what it finds.

When \`npm run up\` fails, it collects by itself what nodes, libvirt and Kubernetes say, within 5 minutes, and prints what failed, the most likely cause and
what to do. \`npm run diagnose\` does the same for a cluster that lives or is half-made; it exits with 0 only when every node is Ready and nothing is known to
be wrong. It works from the stack's state, so it needs no cluster that answers, and it changes nothing.

Everything is in a folder under \`runs/\`, which only its owner can read: \`summary.md\` lists it and names every cause that fits, \`nodes/<node>/\` has a file for
each thing a node was asked. What is missing says why. Keys, tokens, passwords and kubeconfigs are left out; names and addresses are not, so look before you pass it
on. A node is not believed: it fills only the files that were asked for, 256 KiB each, without control characters; \`left-out.txt\` says when it told something else.
The serial consoles can be read on the hypervisor only, mostly by root.

## Known causes

The most specific comes first. This page is written by \`npm run docs\` from \`cli/diagnose/known-causes.ts\`, which also recognises them.

| what is wrong | most likely cause | what to do |
| --- | --- | --- |
`;

/** Text of the page about failures. */
export function troubleshootingPage(): string {
  const rows = knownCauses.map(({ name, cause, mend }) => `| ${[name, cause, mend].map(cell).join(" | ")} |\n`);
  return head + rows.join("");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

import { knownCauses } from "../cli/diagnose/known-causes/index.ts";

const head = `# Troubleshooting

\`npm run doctor\` checks the machine before a cluster is created. It prints a fix for every problem that it finds.

When \`npm run up\` fails, it asks the nodes, libvirt and Kubernetes for their state, which takes at most 5 minutes. Then it prints the failed step, the most likely
cause and a fix. \`npm run diagnose\` does the same for any cluster, finished or not. It exits with 0 only when every node is Ready and no problem is known.
It reads the stack's state, so it also works when the cluster does not answer. It changes nothing.

Each diagnosis is a folder under \`runs/\` that only its owner can read. \`summary.md\` lists the files and names every cause that fits. \`nodes/<node>/\` has a file for
each item that a node was asked for. A missing item says why it is missing. Keys, tokens, passwords and kubeconfigs are left out, but names and addresses are not:
read the folder before you pass it on. A node's answer is not trusted: it fills only the requested files, with at most 256 KiB each and no control characters.
\`left-out.txt\` names every other answer. The serial consoles can be read only on the hypervisor, usually only by root.

## Known causes

The most specific cause comes first. \`npm run docs\` writes this page from \`cli/diagnose/known-causes/\`, which also recognises the causes.

| problem | most likely cause | fix |
| --- | --- | --- |
`;

/** Returns the text of docs/troubleshooting.md. */
export function troubleshootingPage(): string {
  const rows = knownCauses.map(({ name, cause, fix }) => `| ${[name, cause, fix].map(cell).join(" | ")} |\n`);
  return head + rows.join("");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

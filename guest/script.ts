import { readFileSync } from "node:fs";

/** The scripts that run on nodes; each is a file of this folder. */
export type GuestScript = "init-control-plane" | "print-kubeconfig" | "mint-token" | "join" | "leave" | "wait-ready";

/** How a script runs. */
export interface ScriptRun {
  /** User that logs in; any but root goes through sudo. */
  readonly user: string;
  /** Limit of the whole script in minutes; it is killed then, whatever it waits for. */
  readonly limitMinutes: number;
  /** What the script's head names as its parameters. Never a secret: the text is shown when the script fails. */
  readonly parameters?: Readonly<Record<string, string | number>>;
}

const endOfScript = "NODEFORGE_END_OF_SCRIPT";

/**
 * The text of a remote command that runs a script with its parameters, under bash and within its limit.
 *
 * Parameters are assignments in the text rather than the connection's environment, which sshd accepts only for names its
 * configuration lists. Stdin stays free for what must not be seen.
 */
export function guestScript(script: GuestScript, { user, limitMinutes, parameters = {} }: ScriptRun): string {
  const assignments = Object.entries(parameters).map(([name, value]) => `${name}=${quote(String(value))}\n`);
  const body = [...assignments, read("common"), read(script)].join("");
  // A second signal after 10 s, because a shell waits for its child before it heeds the first.
  const command = `${user === "root" ? "" : "sudo -n "}timeout --kill-after 10 ${limitMinutes * 60} bash -c`;
  return `${command} "$(cat <<'${endOfScript}'\n${body}${endOfScript}\n)"\n`;
}

function read(name: string): string {
  return readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

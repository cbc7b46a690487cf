import { descendants } from "../../support/kill-tree.ts";

/**
 * Stops every command that this process runs, as a suspended computer does.
 * @returns a function that lets them continue.
 */
export function stopCommands(): () => void {
  const pids = descendants(process.pid);
  const send = (signal: NodeJS.Signals) => {
    for (const pid of pids) process.kill(pid, signal);
  };
  send("SIGSTOP");
  return () => send("SIGCONT");
}

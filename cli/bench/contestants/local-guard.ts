import { spawn } from "node:child_process";

// Runs a program in a session of its own, and ends the whole session when its parent ends for any reason, also by kill -9.
// A scheduler that outlives the benchmark would bind pods beside the shipped one.
// Arguments: the program and its arguments. Messages to the parent: { pid } and { exit }.

/** Milliseconds between the request to end and the kill. */
const patience = 5_000;

const [program = "", ...args] = process.argv.slice(2);
const child = spawn(program, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });

const signalAll = (signal: NodeJS.Signals) => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group has ended.
  }
};
/** Tells how the program ended, and ends. A message that is still on its way would be lost with this process. */
const finish = (exit: string) => {
  // Its descendants belong to the scheduler.
  signalAll("SIGKILL");
  if (process.send === undefined || !process.connected) process.exit(0);
  process.send({ exit }, () => process.exit(0));
};

child.on("spawn", () => {
  if (process.connected) process.send?.({ pid: child.pid });
});
child.on("error", ({ message }) => finish(message));
child.on("exit", (code, signal) => finish(signal === null ? `exit code ${code}` : `signal ${signal}`));
process.on("disconnect", () => {
  signalAll("SIGTERM");
  setTimeout(() => signalAll("SIGKILL"), patience).unref();
});
// Ctrl-C of a terminal reaches every process of its group. The parent decides about the end.
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => undefined);

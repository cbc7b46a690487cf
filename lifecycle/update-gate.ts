import { connect } from "node:net";
import { gateVariable } from "../names.ts";

/** Answer of the command, after which the update may begin. */
export const gateAnswer = "begin";

/**
 * Waits at the begin of an update until the command that runs it lets it begin. The command may take a backup first. Call it
 * before the first resource: until then, the engine changes nothing. An update of plain Pulumi has no gate and does not wait.
 * @param path Socket of the command. @default the one of this run
 * @throws when the command has ended, and no resource was changed.
 */
export async function waitForGate(path = process.env[gateVariable]): Promise<void> {
  if (path === undefined || path === "") return;
  const answer = await new Promise<string>((resolve) => {
    let text = "";
    const socket = connect(path);
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => void (text += part));
    // An error is followed by the close.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text));
  });
  if (answer === gateAnswer) return;
  throw new Error(
    `the command that runs this update has ended before it let the update begin, expected the answer ` +
      `${JSON.stringify(gateAnswer)}, got ${JSON.stringify(answer)}; nothing was changed. Fix: npm run up`,
  );
}

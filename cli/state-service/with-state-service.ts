import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileLock } from "../../lib/file-lock.ts";
import { writeOwn } from "../../lib/private-files.ts";
import { AnotherRunError } from "../stack/lock.ts";
import { pathsOf, type StackPlace } from "./places.ts";
import { pulumiProcess } from "./pulumi-process.ts";
import { recoverJournal } from "./recover-journal.ts";
import { StateService } from "./service.ts";

/** Commands of Pulumi that change resources, one step after the other. Every other command uses the file backend. */
const operations = ["up", "refresh", "destroy"];

/** Whether arguments of Pulumi are an operation that can have a journal. */
export function isOperation([command = ""]: readonly string[]): boolean {
  return operations.includes(command);
}

/**
 * Runs an operation of Pulumi whose state this process keeps in a journal. The service is a part of this process, so it ends
 * with this process, whatever ends it.
 * @param work Runs Pulumi with these variables beside its own.
 * @throws {AnotherRunError} while another process works on the stack with a journal.
 */
export async function withStateService<T>(
  place: StackPlace,
  work: (variables: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  await recoverJournal(place);
  const lock = await FileLock.take(pathsOf(place).journalLock);
  if (lock === undefined) throw new AnotherRunError();
  const logins = await mkdtemp(join(tmpdir(), "nodeforge-logins-"));
  try {
    const service = await StateService.start(place, pulumiProcess);
    try {
      await writeLogin(logins, service);
      return await work({
        PULUMI_BACKEND_URL: service.url,
        PULUMI_CREDENTIALS_PATH: logins,
        // A token of the user would win over the login.
        PULUMI_ACCESS_TOKEN: "",
        // The console of the user's own service does not have this stack, so the CLI must not print a link to it.
        PULUMI_CONSOLE_DOMAIN: "",
        PULUMI_DISABLE_JOURNALING: "false",
        // The CLI waits this many milliseconds for further changes before it sends some, twice in each step. Its default of 50
        // is made for a server far away.
        PULUMI_JOURNALING_BATCH_PERIOD: "5",
      });
    } finally {
      await service.close();
    }
  } finally {
    lock.release();
    await rm(logins, { recursive: true, force: true });
  }
}

/**
 * Logs in to the service in a folder of its own, because the user's logins must not change. The variable PULUMI_ACCESS_TOKEN
 * would show the token to the program and to every step.
 */
async function writeLogin(folder: string, { url, token }: StateService): Promise<void> {
  const account = { accessToken: token, username: "nodeforge", lastValidatedAt: new Date().toISOString() };
  const logins = { current: url, accessTokens: { [url]: token }, accounts: { [url]: account } };
  await writeOwn(join(folder, "credentials.json"), JSON.stringify(logins));
}

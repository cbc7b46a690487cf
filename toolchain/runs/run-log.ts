import { join } from "node:path";
import { onTerminal } from "../process.ts";
import { files, writeOwn } from "./folder.ts";
import { redact } from "./redaction.ts";
import { plainScreen, terminalScreen, type Screen } from "./screen.ts";

/** What one call of Pulumi printed. */
interface Printed {
  readonly command: string;
  readonly screen: Screen;
  /** Whether it must not be written down. */
  readonly isHidden: boolean;
}

/** What Pulumi prints in a run, call after call; `pulumi.log` is a redacted copy. */
export class RunLog {
  readonly #path: string;
  readonly #prints: Printed[] = [];
  /** The last write; the next waits for it, so that an older text never lands on a newer one. */
  #written: Promise<void> = Promise.resolve();

  /** @param folder Folder of the run. */
  constructor(folder: string) {
    this.#path = join(folder, files.log);
  }

  /** Begins a call of Pulumi; returns what takes its output. */
  begin(args: readonly string[]): Screen {
    const screen = onTerminal() ? terminalScreen() : plainScreen();
    this.#prints.push({ command: `pulumi ${args.join(" ")}`, screen, isHidden: args.some(showsSecrets) });
    return screen;
  }

  /** Everything so far, redacted; nothing of calls that show secrets. */
  async text(): Promise<string> {
    const shown = this.#prints.filter(({ isHidden }) => !isHidden);
    const texts = await Promise.all(shown.map(({ screen }) => screen.text()));
    return redact(texts.join(""));
  }

  /** What the last call printed, secrets and all, to judge how it ended and not to be kept; "" when there was none. */
  async last(): Promise<string> {
    return (await this.#prints.at(-1)?.screen.text()) ?? "";
  }

  /** Writes the file. */
  save(): Promise<void> {
    const write = async () => {
      const parts = await Promise.all(this.#prints.map(part));
      await writeOwn(this.#path, redact(parts.join("\n")));
    };
    this.#written = this.#written.then(write, write);
    return this.#written;
  }
}

async function part({ command, screen, isHidden }: Printed): Promise<string> {
  const text = isHidden ? "Not kept: with these arguments Pulumi shows secrets.\n" : await screen.text();
  return `$ ${command}\n${text}`;
}

/** Whether an argument makes Pulumi print secrets in clear; `-d` may be among other letters. */
export function showsSecrets(argument: string): boolean {
  return /^--(debug|logtostderr|show-secrets)\b(?!=false)|^-[a-z]*d/.test(argument);
}

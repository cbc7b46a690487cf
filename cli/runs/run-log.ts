import { closeSync, constants, ftruncateSync, fstatSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { plainText } from "../../lib/plain-text.ts";
import { onTerminal } from "../../lib/process.ts";
import { redact, Redactor } from "../../lib/redact.ts";
import { files } from "./folder.ts";
import { plainScreen, terminalScreen, type Screen } from "./screen.ts";

/** What one call of Pulumi printed. */
interface Printed {
  readonly screen: Screen;
  /** Whether it must not be written down. */
  readonly isHidden: boolean;
}

/** What Pulumi prints in a run, call after call; `pulumi.log` is a redacted copy. */
export class RunLog {
  readonly #path: string | undefined;
  readonly #prints: Printed[] = [];
  /** Brings the file up to what the call that was begun last has printed. */
  #update: () => Promise<void> = () => Promise.resolve();
  /** The last writing; the next one waits for it. */
  #written: Promise<void> = Promise.resolve();
  /** Why the file cannot be written. */
  #problem: Error | undefined;
  #isTold = false;

  /** @param folder Folder of the run; without one nothing is written. */
  constructor(folder?: string) {
    this.#path = folder === undefined ? undefined : join(folder, files.log);
  }

  /** Begins a call of Pulumi; returns what takes its output. */
  begin(args: readonly string[]): Screen {
    const isHidden = args.some(showsSecrets);
    const drawn = onTerminal();
    const screen = drawn ? terminalScreen() : plainScreen();
    const isFirst = this.#prints.length === 0;
    this.#prints.push({ screen, isHidden });
    this.#append(`${isFirst ? "" : "\n"}${redact(`$ pulumi ${args.join(" ")}`)}\n`);
    if (isHidden) this.#append("Not kept: with these arguments Pulumi shows secrets.\n");
    if (isHidden || this.#path === undefined) {
      this.#update = () => Promise.resolve();
      return screen;
    }
    return drawn ? this.#redrawn(screen) : this.#streamed(screen);
  }

  /** What was printed so far, redacted; of a long call the end, and nothing of calls that show secrets. */
  async text(): Promise<string> {
    const shown = this.#prints.filter(({ isHidden }) => !isHidden);
    const texts = await Promise.all(shown.map(({ screen }) => screen.text()));
    return redact(texts.join(""));
  }

  /** What the last call printed, secrets and all, to judge how it ended and not to be kept; "" when there was none. */
  async last(): Promise<string> {
    return (await this.#prints.at(-1)?.screen.text()) ?? "";
  }

  /**
   * Brings the file up to date.
   * @throws when the file cannot be written; once, because nothing more is written then.
   */
  save(): Promise<void> {
    const write = async () => {
      await this.#update();
      if (this.#problem === undefined || this.#isTold) return;
      this.#isTold = true;
      throw this.#problem;
    };
    this.#written = this.#written.then(write, write);
    return this.#written;
  }

  /** A screen whose lines are written down as they come: a run that is killed loses none that was complete. */
  #streamed(screen: Screen): Screen {
    const redactor = new Redactor();
    const lines = new Lines();
    this.#update = () => Promise.resolve();
    return {
      ...screen,
      write: (text) => {
        screen.write(text);
        this.#append(redactor.push(plainText(lines.push(text))));
      },
      close: () => {
        this.#append(redactor.push(plainText(lines.end())) + redactor.end());
        screen.close();
      },
    };
  }

  /** A screen that is drawn over: what it shows takes the place of what it showed, behind what earlier calls printed. */
  #redrawn(screen: Screen): Screen {
    const from = this.#size();
    this.#update = async () => {
      const text = redact(await screen.text());
      this.#write(text, from);
    };
    return screen;
  }

  #append(text: string): void {
    if (text !== "") this.#write(text);
  }

  #size(): number {
    let size = 0;
    this.#use((file) => (size = fstatSync(file).size));
    return size;
  }

  /** Writes at the end, or in place of everything from a position on. */
  #write(text: string, from?: number): void {
    const bytes = Buffer.from(text);
    this.#use((file) => {
      const place = from ?? fstatSync(file).size;
      for (let done = 0; done < bytes.length;) {
        done += writeSync(file, bytes, done, bytes.length - done, place + done);
      }
      // Last: a run that is killed meanwhile leaves too much rather than nothing.
      ftruncateSync(file, place + bytes.length);
    });
  }

  /** Opens the file for a moment. Never throws: Pulumi's output must not suffer from the log. */
  #use(work: (file: number) => void): void {
    if (this.#path === undefined || this.#problem !== undefined) return;
    const { O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
    try {
      const file = openSync(this.#path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
      try {
        work(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      this.#problem = error as Error;
    }
  }
}

/** Holds back what follows the last line end: a control sequence may come in two pieces. */
class Lines {
  #rest = "";

  push(text: string): string {
    const end = text.lastIndexOf("\n") + 1;
    const lines = end === 0 ? "" : this.#rest + text.slice(0, end);
    this.#rest = end === 0 ? this.#rest + text : text.slice(end);
    // A program that never ends its line must not fill the memory.
    return this.#rest.length > longestRest ? lines + this.end() : lines;
  }

  end(): string {
    const rest = this.#rest;
    this.#rest = "";
    return rest;
  }
}

const longestRest = 65_536;

/** Whether an argument makes Pulumi print secrets in clear; `-d` may be among other letters. */
export function showsSecrets(argument: string): boolean {
  return /^--(debug|logtostderr|show-secrets)\b(?!=false)|^-[a-z]*d/.test(argument);
}

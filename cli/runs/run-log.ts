import { closeSync, constants, ftruncateSync, fstatSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { plainText } from "../../lib/plain-text.ts";
import { onTerminal } from "../../lib/process.ts";
import { redact, Redactor } from "../../lib/redact.ts";
import { files } from "./folder.ts";
import { plainScreen, terminalScreen, type Screen } from "./screen.ts";

/** Output of one call of Pulumi. */
interface Printed {
  readonly screen: Screen;
  /** Whether the output may have secrets, so that it must not be stored. */
  readonly isHidden: boolean;
}

/** Output of Pulumi in a run, call after call. `pulumi.log` is a redacted copy. */
export class RunLog {
  readonly #path: string | undefined;
  readonly #prints: Printed[] = [];
  /** Writes the output of the current call to the file. */
  #update: () => Promise<void> = () => Promise.resolve();
  /** The last write; the next one waits for it. */
  #written: Promise<void> = Promise.resolve();
  /** Reason why the file cannot be written. */
  #problem: Error | undefined;
  #isReported = false;

  /** @param folder Folder of the run; undefined to write nothing. */
  constructor(folder?: string) {
    this.#path = folder === undefined ? undefined : join(folder, files.log);
  }

  /** Begins a call of Pulumi; returns the screen that receives its output. */
  begin(args: readonly string[]): Screen {
    const isHidden = args.some(showsSecrets);
    const drawn = onTerminal();
    const screen = drawn ? terminalScreen() : plainScreen();
    const isFirst = this.#prints.length === 0;
    this.#prints.push({ screen, isHidden });
    this.#append(`${isFirst ? "" : "\n"}${redact(`$ pulumi ${args.join(" ")}`)}\n`);
    if (isHidden) this.#append("Not kept: Pulumi prints secrets with these arguments.\n");
    if (isHidden || this.#path === undefined) {
      this.#update = () => Promise.resolve();
      return screen;
    }
    return drawn ? this.#redrawn(screen) : this.#streamed(screen);
  }

  /** Returns the redacted output so far: the end of long calls, and nothing of calls that print secrets. */
  async text(): Promise<string> {
    const shown = this.#prints.filter(({ isHidden }) => !isHidden);
    const texts = await Promise.all(shown.map(({ screen }) => screen.text()));
    return redact(texts.join(""));
  }

  /** Returns the output of the last call with its secrets, which must not be stored; "" without a call. */
  async last(): Promise<string> {
    return (await this.#prints.at(-1)?.screen.text()) ?? "";
  }

  /**
   * Writes all output to the file.
   * @throws when the file cannot be written. Only once, because nothing more is written then.
   */
  save(): Promise<void> {
    const write = async () => {
      await this.#update();
      if (this.#problem === undefined || this.#isReported) return;
      this.#isReported = true;
      throw this.#problem;
    };
    this.#written = this.#written.then(write, write);
    return this.#written;
  }

  /** Returns a screen that writes each line as soon as it is complete, so that a killed run loses none. */
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

  /** Returns a screen that Pulumi redraws. Its text replaces its previous text, after the output of earlier calls. */
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

  /** Writes at the end of the file, or replaces everything from a position on. */
  #write(text: string, from?: number): void {
    const bytes = Buffer.from(text);
    this.#use((file) => {
      const place = from ?? fstatSync(file).size;
      for (let done = 0; done < bytes.length;) {
        done += writeSync(file, bytes, done, bytes.length - done, place + done);
      }
      // Truncates last, because a run that is killed meanwhile must not lose the text.
      ftruncateSync(file, place + bytes.length);
    });
  }

  /** Opens the file, works with it and closes it. Never throws, because a logging error must not stop Pulumi's output. */
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

/** Returns only complete lines, because a control sequence may arrive in two pieces. */
class Lines {
  #rest = "";

  push(text: string): string {
    const end = text.lastIndexOf("\n") + 1;
    const lines = end === 0 ? "" : this.#rest + text.slice(0, end);
    this.#rest = end === 0 ? this.#rest + text : text.slice(end);
    // Bounded, because a program may never end its line.
    return this.#rest.length > longestRest ? lines + this.end() : lines;
  }

  end(): string {
    const rest = this.#rest;
    this.#rest = "";
    return rest;
  }
}

const longestRest = 65_536;

/** Whether an argument makes Pulumi print secrets in clear. `-d` may be combined with other letters. */
export function showsSecrets(argument: string): boolean {
  return /^--(debug|logtostderr|show-secrets)\b(?!=false)|^-[a-z]*d/.test(argument);
}

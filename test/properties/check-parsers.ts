import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultOf, longText, longTextsLike, textsLike } from "./outside-text.ts";
import { holdsLater } from "./runs.ts";

/** A parser of outside text, with a text that it accepts. */
export type Parser = readonly [name: string, sample: string, parse: (text: string) => unknown];

/** Processor seconds of a parser for a long text. One that is quadratic takes longer. */
const longest = 5;

/**
 * Checks that each parser accepts its real text, refuses any other one with a sentence, and takes little time for a long one.
 * @param runs Number of other texts of each parser, and long ones. @default for parsers that take no more than a millisecond, so fewer
 * for XML and YAML
 */
export function checkParsers(what: string, parsers: readonly Parser[], { texts = 150, longTexts = 20 } = {}): void {
  describe(what, () => {
    it.each(parsers)("is accepted: %s", async (_, sample, parse) => {
      await expect(Promise.resolve(sample).then(parse)).resolves.not.toThrow();
    });

    it.each(parsers)(
      "is refused with a sentence if it is any other text: %s",
      async (_, sample, parse) => {
        await holdsLater(
          fc.asyncProperty(textsLike(sample), async (text) => {
            expect(await faultWith(parse, text)).toBeUndefined();
          }),
          { runs: texts },
        );
      },
      120_000,
    );

    it.each(parsers)(
      "is read in little time if it is long: %s",
      async (_, sample, parse) => {
        await holdsLater(
          fc.asyncProperty(longTextsLike(sample), async ([part, before]) => {
            const begun = process.cpuUsage();
            expect(await faultWith(parse, longText(part, before))).toBeUndefined();
            expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(longest);
          }),
          { runs: longTexts },
        );
      },
      600_000,
    );
  });
}

async function faultWith(parse: Parser[2], text: string): Promise<string | undefined> {
  try {
    await parse(text);
    return undefined;
  } catch (error) {
    return faultOf(error);
  }
}

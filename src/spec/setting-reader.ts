import type { Issue } from '../model/error.ts';
import type { Environment } from '../model/request.ts';
import { optionOf, type SettingName } from './disk-image-create-options.ts';

/** A value as a person wrote it, and where: `--image-size`, or the name of a variable. */
export interface WrittenValue {
  readonly text: string;
  readonly from: string;
}

/** The options of a command line, by setting; several values where an option was repeated, in order. */
export type GivenSettings = ReadonlyMap<SettingName, readonly WrittenValue[]>;

export interface NumberRule {
  /** The unit in words, such as `a number of GiB`. */
  readonly what: string;
  readonly isWhole?: boolean;
  /** Least number allowed; without it the number has to be above 0. */
  readonly atLeast?: number;
  /** Unit letters that may follow the number, such as `10G`. */
  readonly suffix?: RegExp;
}

/**
 * Reads settings out of options and variables: an option goes before its variable, and an empty value stands for none, as in
 * bash's `${NAME:-default}`. Faults are gathered in `issues`, so that a person sees all of them at once.
 */
export class SettingReader {
  readonly issues: Issue[] = [];
  readonly #given: GivenSettings;
  readonly #environment: Environment;

  constructor(given: GivenSettings, environment: Environment) {
    this.#given = given;
    this.#environment = environment;
  }

  /** What a person wrote for a setting; undefined for nothing or an empty text. */
  written(setting: SettingName): WrittenValue | undefined {
    const given = this.#given.get(setting)?.at(-1);
    if (given !== undefined) return given.text === '' ? undefined : given;
    const { reads } = optionOf(setting);
    return reads === undefined ? undefined : this.variable(reads);
  }

  /** A variable of the environment; undefined when it is unset or empty. */
  variable(name: string): WrittenValue | undefined {
    const text = this.#environment[name] ?? '';
    return text === '' ? undefined : { text, from: name };
  }

  text(setting: SettingName): string | undefined {
    return this.written(setting)?.text;
  }

  /** Words of every value of a repeatable option, divided by commas and blanks. */
  words(setting: SettingName): readonly string[] {
    const texts = (this.#given.get(setting) ?? []).map((value) => value.text);
    return texts.flatMap((text) => text.split(/[\s,]+/)).filter((word) => word !== '');
  }

  /** True for an option given, or a variable with any value other than 0. */
  isOn(setting: SettingName): boolean {
    if (this.#given.has(setting)) return true;
    const value = this.written(setting);
    return value !== undefined && value.text !== '0';
  }

  /** How often an option was given. */
  count(setting: SettingName): number {
    return this.#given.get(setting)?.length ?? 0;
  }

  number(setting: SettingName, rule: NumberRule): number | undefined {
    return this.numberOf(this.written(setting), rule);
  }

  /** The number that a person wrote; undefined for nothing, and for what is none, which becomes an issue. */
  numberOf(value: WrittenValue | undefined, rule: NumberRule): number | undefined {
    if (value === undefined) return undefined;
    const text = value.text.trim();
    const digits = rule.suffix === undefined ? text : text.replace(rule.suffix, '');
    const form = rule.isWhole ? /^[0-9]+$/ : /^([0-9]+\.?[0-9]*|\.[0-9]+)$/;
    const number = form.test(digits) ? Number(digits) : Number.NaN;
    const isInRange = rule.atLeast === undefined ? number > 0 : number >= rule.atLeast;
    if (isInRange && number <= Number.MAX_SAFE_INTEGER) return number;
    const kind = rule.isWhole ? 'whole number' : 'number, decimals allowed';
    const range = rule.atLeast === undefined ? 'above 0' : `not below ${rule.atLeast}`;
    this.fault(`${value.from} is "${value.text}", which is not ${rule.what}`, `Give a ${kind}, ${range}.`);
    return undefined;
  }

  /** The word that a person chose; undefined for nothing, and for what is no choice, which becomes an issue. */
  choice<Choice extends string>(
    value: WrittenValue | undefined,
    what: string,
    choices: readonly Choice[],
  ): Choice | undefined {
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => choice === value.text);
    if (chosen === undefined) {
      this.fault(`${value.from} is "${value.text}", which is not ${what}`, `Choose from: ${choices.join(', ')}.`);
    }
    return chosen;
  }

  fault(message: string, hint: string): void {
    this.issues.push({ message, hint });
  }
}

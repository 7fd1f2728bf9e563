import type { BuildEvent } from '../model/events.ts';
import type { Environment } from '../model/request.ts';

const HIDDEN = '***';
/** Names of variables whose values are secrets. `DIB_…_AUTHORIZED_KEYS` and its like name files and are none. */
const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|KEY)$/i;
/** Shorter values occur everywhere; hiding them would hide the log. */
const SHORTEST_SECRET = 4;
const ORDINARY_VALUES = new Set(['true', 'false', 'none', 'null']);
/** Fields of an event that hold words of ingot alone. A secret may be one of these words, and readers tell events apart by them. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['kind', 'buildId', 'step', 'id', 'phase', 'stream', 'outcome', 'level', 'code'],
]);
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)([^/\s@'"]+)@/gi;

/** Takes secrets out of everything that is written about a build. */
export interface Redactor {
  readonly text: (text: string) => string;
  readonly event: (event: BuildEvent) => BuildEvent;
}

/**
 * Makes a redactor that hides the values of variables with secret names, and credentials in URLs.
 * @param environment the caller's, with what options exported
 */
export function redactorFor(environment: Environment): Redactor {
  const secrets = Object.entries(environment)
    .filter(isSecret)
    .flatMap(([, value]) => piecesOf(value));
  const pattern = patternOf(secrets);
  const text = (line: string): string => hideCredentials(pattern === undefined ? line : line.replace(pattern, HIDDEN));
  return { text, event: (event) => redactValue(event, text) };
}

function isSecret([name, value]: readonly [string, string]): boolean {
  if (!SECRET_NAME.test(name) || ORDINARY_VALUES.has(value.toLowerCase())) return false;
  const isFileOfKey = /KEY$/i.test(name) && /^[~.]?\//.test(value);
  return !isFileOfKey;
}

/** Output comes line by line, so each line of a secret is one. */
function piecesOf(value: string): string[] {
  return value
    .split(/\r?\n/)
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= SHORTEST_SECRET);
}

function patternOf(secrets: readonly string[]): RegExp | undefined {
  if (secrets.length === 0) return undefined;
  const longestFirst = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((secret) => secret.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), 'g');
}

function hideCredentials(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(URL_CREDENTIALS, (whole, scheme: string, user: string) =>
    // A name alone is a secret only where it is a token: over HTTP.
    user.includes(':') || /^https?:/i.test(scheme) ? `${scheme}${HIDDEN}@` : whole,
  );
}

function redactValue<T>(value: T, text: (line: string) => string): T;
function redactValue(value: unknown, text: (line: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, OWN_FIELDS.has(key) ? item : redactValue(item, text)]),
  );
}

import { IngotError } from '../model/error.ts';

/** Why one attempt at a download failed, and whether another one can help. `other` is no fault of the transfer. */
export interface FetchFault {
  readonly kind: 'passing' | 'permanent' | 'other';
  readonly reason: string;
  /** What the server asked to wait. */
  readonly retryAfterMs?: number;
  /** HTTP status, or the code of a system or protocol error. */
  readonly code?: number | string;
}

/** An answer of a server that is neither the file nor a part of it. */
class StatusFault extends Error {
  readonly fault: FetchFault;

  constructor(fault: FetchFault) {
    super(fault.reason);
    this.fault = fault;
  }
}

const LONGEST_RETRY_AFTER_MS = 20_000;

/** Makes the error for an HTTP status. Too many requests, time-outs and faults of the server may pass; other refusals will not. */
export function faultOfStatus(status: number, reason: string, retryAfter: string | undefined): Error {
  const isPassing = status >= 500 || status === 408 || status === 429;
  const seconds = Number(retryAfter);
  return new StatusFault({
    kind: isPassing ? 'passing' : 'permanent',
    reason: `${status} ${reason}`.trim(),
    code: status,
    retryAfterMs: seconds > 0 ? Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS) : undefined,
  });
}

/** Makes the error for a fault that another attempt can mend. */
export function passingFault(reason: string): Error {
  return new StatusFault({ kind: 'passing', reason });
}

const CERTIFICATE_CODES = /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))/;
const PASSING_CODES =
  /^(UND_ERR_(?!INVALID_ARG|NOT_SUPPORTED)|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|HPE_)/;

/** Judges what an attempt threw. */
export function faultOf(error: unknown): FetchFault {
  if (error instanceof StatusFault) return error.fault;
  // What arrived damaged, or from a mirror that is being updated, may be right the next time.
  if (error instanceof IngotError)
    return { kind: error.code === 'DIGEST_MISMATCH' ? 'passing' : 'other', reason: error.message };
  const code = codeOf(error);
  const reason = error instanceof Error && error.message !== '' ? error.message : code;
  if (CERTIFICATE_CODES.test(code)) return { kind: 'permanent', reason, code };
  if (PASSING_CODES.test(code)) return { kind: 'passing', reason, code };
  if (error instanceof Error && error.message === 'max redirects')
    return { kind: 'permanent', reason: 'too many redirections' };
  return { kind: 'other', reason };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? '' : codeOf(error.cause);
}

/** What a person can do about a fault. */
export function hintFor(fault: FetchFault): string {
  if (fault.code === 404 || fault.code === 410)
    return 'The server does not have this file: check the address, the release name and whether the mirror is in the middle of an update.';
  if (fault.code === 401 || fault.code === 403)
    return 'The server refuses: check the credentials in the address and the access rules.';
  if (fault.code === 407) return 'The proxy wants credentials: put them in http_proxy.';
  if (typeof fault.code === 'string' && CERTIFICATE_CODES.test(fault.code))
    return 'The certificate is not trusted: install ca-certificates, add your own authority, or check the clock.';
  return 'Check the network, the name of the mirror and the proxy (http_proxy, https_proxy, no_proxy), or build offline from what is cached with --offline.';
}

/** An address that may be shown: without user, password and query. */
export function publicUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}

/** Takes user and password out of an address and makes the header that carries them. Throws IngotError `FETCH_FAILED` for what is no web address. */
export function splitCredentials(url: string): { readonly address: URL; readonly authorization?: string } {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new IngotError('FETCH_FAILED', `"${publicUrl(url)}" is not an http, https or file address`, {
      hint: 'Write the address in full, such as http://deb.debian.org/debian.',
    });
  const address = new URL(url);
  if (address.username === '' && address.password === '') return { address };
  const [user, password] = [decodeURIComponent(address.username), decodeURIComponent(address.password)];
  address.username = '';
  address.password = '';
  return { address, authorization: basicAuthorization(user, password) };
}

/** The header that carries user and password (RFC 7617). */
export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

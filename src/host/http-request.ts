import type { Dispatcher } from 'undici';
import type { Credential } from '../model/access.ts';
import { basicAuthorization, splitCredentials } from './fetch-fault.ts';

/** Asks a server for something. */
export type Get = (url: string, headers: Record<string, string>) => Promise<Dispatcher.ResponseData>;

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** For addresses that have none themselves. */
  readonly credentials?: readonly Credential[];
}

/** Makes a request; credentials in the address, or those that are known for it, become a header. Throws IngotError `FETCH_FAILED` for what is no web address. */
export async function request(dispatcher: Dispatcher, wanted: HttpRequest): Promise<Dispatcher.ResponseData> {
  const { address, authorization = authorizationFor(address, wanted.credentials) } = splitCredentials(wanted.url);
  return await dispatcher.request({
    origin: address.origin,
    path: `${address.pathname}${address.search}`,
    method: wanted.method,
    headers: { 'user-agent': 'ingot', ...(authorization === undefined ? {} : { authorization }), ...wanted.headers },
    signal: wanted.signal,
  });
}

function authorizationFor({ href }: URL, credentials: readonly Credential[] = []): string | undefined {
  const known = credentials.find(({ address }) => href.startsWith(`${address.replace(/\/+$/, '')}/`));
  return known === undefined ? undefined : basicAuthorization(known.user, known.password);
}

/** The first value of a header. */
export function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

import type { Dispatcher } from 'undici';
import { splitCredentials } from './fetch-fault.ts';

/** Asks a server for something. */
export type Get = (url: string, headers: Record<string, string>) => Promise<Dispatcher.ResponseData>;

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Makes a request; credentials in the address become a header. Throws IngotError `FETCH_FAILED` for what is no web address. */
export async function request(dispatcher: Dispatcher, wanted: HttpRequest): Promise<Dispatcher.ResponseData> {
  const { address, authorization } = splitCredentials(wanted.url);
  return await dispatcher.request({
    origin: address.origin,
    path: `${address.pathname}${address.search}`,
    method: wanted.method,
    headers: { 'user-agent': 'ingot', ...(authorization === undefined ? {} : { authorization }), ...wanted.headers },
    signal: wanted.signal,
  });
}

/** The first value of a header. */
export function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

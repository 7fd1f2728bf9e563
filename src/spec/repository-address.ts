import type { Credential } from '../model/access.ts';

/** The address of a repository, and what stood in it for its server alone. */
export interface RepositoryAddress {
  /** Without user and password. */
  readonly uri: string;
  readonly credential: Credential | undefined;
}

/** Takes user and password out of an address. Undefined where apt could not be told them: with blanks, or wrongly encoded. */
export function splitAddress(written: string): RepositoryAddress | undefined {
  const [, protocol = '', login] = /^([a-z]+:\/\/)([^/]*)@/.exec(written) ?? [];
  if (login === undefined) return { uri: written, credential: undefined };
  const uri = written.replace(`${protocol}${login}@`, protocol);
  const colon = login.indexOf(':');
  const [user, password] = colon === -1 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  const decoded = [user, password].map(decode);
  const [plainUser, plainPassword] = decoded;
  if (plainUser === undefined || plainPassword === undefined) return undefined;
  return { uri, credential: { address: uri, user: plainUser, password: plainPassword } };
}

function decode(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text);
    return /[\s\p{Cc}]/u.test(plain) ? undefined : plain;
  } catch {
    return undefined;
  }
}

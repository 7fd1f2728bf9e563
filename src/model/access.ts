/** What a server wants to hear from who fetches files below an address. */
export interface Credential {
  /** Such as `http://mirror.example.org/private`, without user and password. */
  readonly address: string;
  /** Neither it nor the password has blanks. */
  readonly user: string;
  readonly password: string;
}

/** How package repositories are reached, where that concerns the fetching alone: hooks are not told, and no layer depends on it. */
export interface RepositoryAccess {
  /** By the names of variables: `http_proxy`, `https_proxy`, `ftp_proxy` and `no_proxy`. */
  readonly proxies: Readonly<Record<string, string>>;
  readonly credentials: readonly Credential[];
}

/** True for an error of the operating system with this name, such as `ENOENT`. */
export function isErrno(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && names.includes(error.code);
}

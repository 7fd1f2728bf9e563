import { ERROR_CODES, type ErrorCode, type ErrorKind } from './error-codes.ts';

/** A place in a file that a person wrote. Lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** `FILE:LINE:COLUMN`, as far as it is known. */
export function placeText({ file, line, column }: SourcePlace): string {
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
}

/** One fault in something a person wrote; a definition error may carry many. */
export interface Issue {
  readonly message: string;
  readonly place?: SourcePlace;
  readonly hint?: string;
}

export interface IngotErrorDetails {
  /** The next action for the reader. */
  readonly hint?: string;
  /** Where the fault stands. */
  readonly place?: SourcePlace;
  /** Every fault found, when there is more than one. */
  readonly issues?: readonly Issue[];
  /** Last lines of the output of the failed program, oldest first. */
  readonly tail?: readonly string[];
  /** Exit status to end with, where it is not the kind's own (a hook's status passes through). */
  readonly exitStatus?: number;
  readonly cause?: unknown;
}

/**
 * Why ingot could not do what was asked. `message` says what and on which subject; `hint` says what to do next.
 * The code names the case for programs and the documentation.
 */
export class IngotError extends Error {
  override readonly name = 'IngotError';
  readonly code: ErrorCode;
  readonly details: IngotErrorDetails;

  constructor(code: ErrorCode, message: string, details: IngotErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get kind(): ErrorKind {
    return ERROR_CODES[this.code].kind;
  }

  get hint(): string | undefined {
    return this.details.hint;
  }
}

/** The plain form of an error, for events and for crossing from the builder process to the front. */
export interface ErrorReport extends Omit<IngotErrorDetails, 'cause'> {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Turns anything thrown into a report; what is not an `IngotError` is a bug of ingot and reported as `INTERNAL`. */
export function toErrorReport(error: unknown): ErrorReport {
  if (error instanceof IngotError) {
    const { cause: _cause, ...details } = error.details;
    return { code: error.code, message: error.message, ...details };
  }
  // The release of something failed, too, while this error was on its way: the first cause is what has to be mended.
  if (error instanceof SuppressedError) return toErrorReport(error.suppressed);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message: text, hint: 'This is a fault of ingot itself. Please report it with this text.' };
}

/** The error that a report stands for. */
export function fromErrorReport(report: ErrorReport): IngotError {
  const { code, message, ...details } = report;
  return new IngotError(code, message, details);
}

/** The exit status of the DIB commands for an error. */
export function exitStatusOf(report: ErrorReport): number {
  return report.exitStatus ?? 1;
}

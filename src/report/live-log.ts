import { formatBytes } from '../model/bytes.ts';
import type { BuildEvent } from '../model/events.ts';
import { failureLines } from './failure-text.ts';
import type { HitRun, LiveState } from './live-state.ts';
import type { Paint } from './style.ts';
import { clip, escapeForeign, formatDuration, textWidth } from './terminal-text.ts';

export interface LogContext {
  /** The state before the event. */
  readonly before: LiveState;
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint: Paint;
  /** Where the whole story is. */
  readonly logs: readonly string[];
}

/** Lines that an event leaves for good above the live region: the story of the build as one scrolls back. Pure. */
export function logLines(event: BuildEvent, context: LogContext): string[] {
  const { before, paint } = context;
  const ownLines = linesOf(event, context);
  const isHit = event.kind === 'step-finished' && event.outcome === 'hit';
  const endsHits = ownLines.length > 0 || (event.kind === 'step-finished' && !isHit) || event.kind === 'build-finished';
  const hits = before.hits !== undefined && endsHits && !isHit ? [hitsLine(before.hits, paint)] : [];
  return [...hits, ...ownLines];
}

function linesOf(event: BuildEvent, context: LogContext): string[] {
  const { paint, width } = context;
  switch (event.kind) {
    case 'build-started':
      return [`${paint('strong', 'Casting')} ${clip(event.elements.join(' '), width - 8)}`];
    case 'step-finished':
      return event.outcome === 'ran' ? [ranLine(event, context)] : [];
    case 'message':
      return messageLines(event, context);
    case 'shell-opened':
      return [paint('caution', `A shell is open: ${event.reason}. Leave it with exit.`)];
    case 'target-image-written':
      return [targetLine(event, context)];
    case 'artifact-written':
      return artifactLines(event, context);
    case 'build-finished':
      return endLines(event, context);
    case 'steps-planned':
    case 'step-started':
    case 'step-output':
    case 'step-failed':
    case 'phase-finished':
    case 'fetch-progress':
    case 'shell-closed':
      return [];
    default:
      return event satisfies never;
  }
}

function targetLine({ image }: Extract<BuildEvent, { kind: 'target-image-written' }>, { paint }: LogContext): string {
  return `${paint('accent', '+')} ${image.name} (${formatBytes(image.file.size)}): the filesystem of ${image.mountPoint}`;
}

function hitsLine({ count, first, last }: HitRun, paint: Paint): string {
  const which = count === 1 ? first : `${count} steps, ${first} to ${last}`;
  return `${paint('accent', '=')} ${paint('faint', `restored: ${which}`)}`;
}

function ranLine(event: Extract<BuildEvent, { kind: 'step-finished' }>, { before, width, paint }: LogContext): string {
  const step = before.steps.get(event.step);
  const time = formatDuration(event.ms);
  const room = width - 4 - time.length;
  const element = step?.element === undefined ? '' : `  ${step.element}`;
  const name = clip(escapeForeign(event.step), room);
  const aside = clip(element, room - textWidth(name));
  const gap = ' '.repeat(Math.max(1, room - textWidth(name) - textWidth(aside) + 1));
  return `${paint('good', '✓')} ${name}${paint('faint', aside)}${gap}${paint('faint', time)}`;
}

function messageLines(event: Extract<BuildEvent, { kind: 'message' }>, { paint }: LogContext): string[] {
  const isWarning = event.level === 'warning';
  const lines = event.text.split('\n').map(escapeForeign);
  const text = lines.map((line, index) =>
    index === 0 ? `${isWarning ? paint('caution', '!') : '·'} ${line}` : `  ${line}`,
  );
  return event.hint === undefined ? text : [...text, paint('faint', `  ${escapeForeign(event.hint)}`)];
}

function artifactLines(
  { artifact }: Extract<BuildEvent, { kind: 'artifact-written' }>,
  { paint }: LogContext,
): string[] {
  const { sha256, md5 } = artifact.digests;
  return [
    `${paint('good', '●')} ${paint('strong', escapeForeign(artifact.path))}  ${formatBytes(artifact.size)}`,
    ...(sha256 === undefined ? [] : [paint('faint', `  sha256 ${sha256}`)]),
    ...(md5 === undefined ? [] : [paint('faint', `  md5    ${md5}`)]),
  ];
}

function endLines(
  event: Extract<BuildEvent, { kind: 'build-finished' }>,
  { before, paint, logs }: LogContext,
): string[] {
  const counts = `${before.ranCount} ${before.ranCount === 1 ? 'step' : 'steps'} ran, ${before.hitCount} restored`;
  if (event.outcome === 'succeeded') return [`${paint('good', '✓')} Built in ${formatDuration(event.ms)}: ${counts}`];
  const [headline = '', ...rest] = failureLines({ error: event.error, step: before.failed, logs }).flatMap((line) =>
    line.split('\n').map(escapeForeign),
  );
  const mark = event.outcome === 'cancelled' ? paint('caution', '■') : paint('bad', '✗');
  return ['', `${mark} ${paint('strong', headline)}`, ...rest];
}

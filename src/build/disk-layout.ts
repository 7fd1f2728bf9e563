import { findLayout, type LayoutSource, UNPARTITIONED } from '../disk/find-layout.ts';
import { rootMkfsOptions } from '../disk/layout-defaults.ts';
import { type ReadLayout, readLayout } from '../disk/read-layout.ts';
import type { Element } from '../model/element.ts';
import { IngotError, type Issue } from '../model/error.ts';
import type { BuildRequest } from '../model/request.ts';

/** The layout of a build's disks, and where it was written. */
export interface DiskLayout extends LayoutSource {
  readonly read: ReadLayout;
  /** `LAYOUT_INVALID`: why this is not the layout that was asked for. The build has to end with it when other files were checked, too. */
  readonly fault?: IngotError;
}

/** Reads the layout that a request and its elements lead to. */
export function readDiskLayout(request: BuildRequest, elements: readonly Element[]): DiskLayout {
  const read = (source: LayoutSource) => ({ ...source, read: readSource(source, request) });
  try {
    return read(findLayout(request.environment.DIB_BLOCK_DEVICE_CONFIG, elements, request.arch));
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    return { ...read(UNPARTITIONED), fault: error };
  }
}

/** One error for a faulty layout and for what the check of other files ends with. */
export async function withFaultsOf(check: Promise<unknown>, layout: IngotError): Promise<unknown> {
  const other = await check.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (other === undefined) return layout;
  if (!(other instanceof IngotError)) return other;
  const issues = [...issuesOf(layout), ...issuesOf(other)];
  const message = `The block-device layout and files of elements: ${issues.length} faults`;
  return new IngotError('DEFINITION_INVALID', message, { issues, hint: 'Correct the files.' });
}

function issuesOf({ message, details: { place, hint, issues } }: IngotError): readonly Issue[] {
  return issues ?? [{ message, place, hint }];
}

function readSource({ text, file }: LayoutSource, { environment, filesystem, size }: BuildRequest): ReadLayout {
  const { type, rootLabel, mkfsOptions } = filesystem;
  const { journalMib, maxOnlineResize } = size;
  const sectorSize = environment.DIB_BLOCK_SIZE;
  return readLayout(text, file, {
    rootType: type,
    rootLabel,
    mkfsOptions: (rootType) =>
      rootMkfsOptions(rootType, {
        journalMib,
        release: environment.DIB_RELEASE,
        maxOnlineResize,
        userOptions: mkfsOptions,
      }),
    sectorSize: sectorSize === undefined ? undefined : Number(sectorSize),
  });
}

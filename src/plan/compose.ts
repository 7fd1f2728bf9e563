import type { BuildRequest } from '../model/request.ts';

/** The part of a request that decides which names are expanded. */
export type Composition = Pick<BuildRequest, 'elements' | 'skipsBase' | 'purpose' | 'ramdiskElement' | 'arch'>;

/**
 * The names to expand: what the user named, a disk layout where `vm` comes without one, and in front of them `base`, unless it is
 * skipped, and for ramdisks the ramdisk element.
 */
export function composeElements(request: Composition): readonly string[] {
  const layout = needsLayout(request.elements) ? [defaultLayout(request.arch)] : [];
  const base = request.skipsBase ? [] : ['base'];
  const ramdisk = request.purpose === 'ramdisk' ? [request.ramdiskElement] : [];
  return [...ramdisk, ...base, ...request.elements, ...layout];
}

function needsLayout(elements: readonly string[]): boolean {
  return elements.includes('vm') && !elements.some((name) => name.startsWith('block-device-'));
}

function defaultLayout(arch: string): string {
  return arch === 'arm64' || arch === 'aarch64' ? 'block-device-efi' : 'block-device-mbr';
}

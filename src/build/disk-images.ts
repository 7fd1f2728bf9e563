import { diskFile } from '../disk/assemble-disk.ts';
import { factsOf } from '../formats/registry.ts';
import { type LayerKey, layerKey } from '../layers/key.ts';
import type { DiskLayout } from '../model/disk.ts';
import type { BuildRequest } from '../model/request.ts';

/** The image files of one disk of a build. */
export interface DiskImages {
  /** Name of the disk. */
  readonly disk: string;
  /** What is asked for: of a disk other than the one that boots, the formats of a disk, as `NAME.DISK.FORMAT`. */
  readonly request: BuildRequest;
  /** Absolute path of the raw disk. */
  readonly rawDisk: string;
  /** Key under which the files are kept. */
  readonly key: (build: LayerKey) => LayerKey;
}

/**
 * The image files of a build, disk by disk. The one that boots comes first, with the formats of the tree.
 * @param folder absolute path of the folder with the raw disks
 */
export function diskImages(
  request: BuildRequest,
  layout: DiskLayout,
  folder: string,
): readonly [DiskImages, ...DiskImages[]] {
  const [first, ...others] = layout.disks;
  const formats = request.formats.filter((format) => factsOf(format).source === 'disk');
  return [
    { disk: first.name, request, rawDisk: diskFile(folder, first.name), key: (build) => build },
    ...others.map(({ name }) => ({
      disk: name,
      request: { ...request, outputName: `${request.outputName}.${name}`, formats },
      rawDisk: diskFile(folder, name),
      key: (build: LayerKey) => layerKey(build, { disk: name }),
    })),
  ];
}

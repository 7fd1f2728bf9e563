import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { WrittenTargetImage } from '../model/target-image.ts';

/** A repository as the metadata of target images tells of it. */
export interface MetadataRepository {
  readonly name: string;
  readonly type: 'deb';
  readonly uri: string;
  readonly suite: string;
  /** Components with blanks between them. */
  readonly section: string;
  readonly priority: number | null;
}

export interface TargetMetadata {
  readonly images: readonly WrittenTargetImage[];
  readonly repositories: readonly MetadataRepository[];
  readonly packages: readonly string[];
}

/** The file that describes a set of target images, in the form that the agent on a node reads. */
export function formatTargetMetadata({ images, repositories, packages }: TargetMetadata): string {
  const document = {
    images: images.map(({ name, filesystem, container, raw, file }) => ({
      raw_md5: raw.md5,
      raw_size: raw.size,
      raw_name: null,
      container_name: name,
      container_md5: file.md5,
      container_size: file.size,
      container,
      format: filesystem,
    })),
    repos: repositories,
    packages,
  };
  return stringify(document, { lineWidth: 0 });
}

const Digest = z.string().regex(/^[0-9a-f]{32}$/);

const Described = z.looseObject({
  images: z.array(
    z.looseObject({
      raw_md5: Digest,
      raw_size: z.int(),
      container_name: z.string(),
      container_md5: Digest,
      container_size: z.int(),
      container: z.string(),
      format: z.string(),
    }),
  ),
});

/** What metadata says of an image. */
export type DescribedImage = z.infer<typeof Described>['images'][number];

/** The images that metadata describes; undefined for a text that is not metadata in this form. */
export function readTargetMetadata(text: string): readonly DescribedImage[] | undefined {
  try {
    return Described.safeParse(parse(text)).data?.images;
  } catch {
    return undefined; // not YAML
  }
}

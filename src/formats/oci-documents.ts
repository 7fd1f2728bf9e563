/** A file in an OCI image, as other documents of the image name it. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** Media types of a layer by its compression. @see OCI Image Format Specification 1.1 */
export const LAYER_TYPES = {
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  none: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** Media types of the two documents that are blobs. */
export const DOCUMENT_TYPES = {
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
} as const;

export interface ImageFacts {
  /** Debian's name of the architecture. */
  readonly arch: string;
  /** Seconds since the Unix epoch. */
  readonly epoch: number;
  /** Digest of the layer before compression, in the form of `Descriptor`. */
  readonly diffId: string;
}

/** The configuration of an image with one layer and no command of its own. */
export function imageConfig({ arch, epoch, diffId }: ImageFacts): unknown {
  const created = new Date(epoch * 1000).toISOString();
  return {
    created,
    ...platformOf(arch),
    config: {},
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, created_by: 'ingot' }],
  };
}

/** What an image consists of. */
export function imageManifest(config: Descriptor, layer: Descriptor): unknown {
  return { schemaVersion: 2, mediaType: DOCUMENT_TYPES.manifest, config, layers: [layer] };
}

/**
 * The entrance of a layout with one image, whose reference is `latest`.
 * @param name under which containerd and Docker load it
 */
export function imageIndex(manifest: Descriptor, arch: string, name: string | undefined): unknown {
  const annotations = {
    'org.opencontainers.image.ref.name': 'latest',
    ...(name === undefined ? {} : { 'io.containerd.image.name': name }),
  };
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest, platform: platformOf(arch), annotations }],
  };
}

interface Platform {
  readonly architecture: string;
  readonly variant?: string;
}

/** Architectures that Go, and with it OCI, calls by other names than Debian. */
const PLATFORMS: Readonly<Record<string, Platform>> = {
  armel: { architecture: 'arm', variant: 'v5' },
  armhf: { architecture: 'arm', variant: 'v7' },
  i386: { architecture: '386' },
  mips64el: { architecture: 'mips64le' },
  ppc64el: { architecture: 'ppc64le' },
};

function platformOf(arch: string): Platform & { readonly os: string } {
  return { os: 'linux', ...(PLATFORMS[arch] ?? { architecture: arch }) };
}

import type { RepositoryAccess } from './access.ts';
import type { ImageFormat } from './artifact.ts';
import type { Compression } from './compression.ts';
import type { TargetImage } from './target-image.ts';

/** `NAME=value` pairs as a process sees them. */
export type Environment = Readonly<Record<string, string>>;

/**
 * A validated wish: what to build, for what machine, into which files. It comes from a command line or a file and is never changed.
 * Nothing after it reads flags or the process's environment.
 */
export interface BuildRequest {
  /** `disk` for disk-image-create and `ingot build`, `ramdisk` for ramdisk-image-create. */
  readonly purpose: 'disk' | 'ramdisk';
  /** Elements as the user named them, in that order, without what the contract adds. */
  readonly elements: readonly string[];
  /** True for `-n`: the `base` element is not added. */
  readonly skipsBase: boolean;
  /** Debian's name of the machine architecture: `amd64`, `arm64`, … */
  readonly arch: string;
  /** Absolute path of the image without extension. */
  readonly outputName: string;
  /** In the order asked for; no duplicates, at least one unless there are target images. */
  readonly formats: readonly ImageFormat[];
  /** Filesystems of the tree to write as files of their own, into an existing folder (absolute path), where they get their names. */
  readonly targetImages?: { readonly folder: string; readonly images: readonly TargetImage[] };
  readonly qcow2: {
    readonly compression: Compression<'qcow2'>;
    /** `k=v` pairs for `qemu-img -o`, such as `compat=0.10`. */
    readonly options: readonly string[];
  };
  /** How the other formats are compressed. */
  readonly compression: {
    readonly tgz: Compression<'tgz'>;
    readonly squashfs: Compression<'squashfs'>;
    readonly oci: Compression<'oci'>;
    /** Threads for programs that compress; undefined takes all processors. The bytes do not depend on it. */
    readonly threads?: number;
  };
  /** Absolute path of the manifest of an `aci` image. */
  readonly aciManifest?: string;
  /** Name of the image in Docker, such as `registry.example/team/web:1`. */
  readonly dockerTarget?: string;
  readonly checksums: readonly ('md5' | 'sha256')[];
  /** Extra packages, installed once after install.d. */
  readonly packages: readonly string[];
  readonly size: {
    /** GiB, decimals allowed. */
    readonly imageGib?: number;
    /** MiB to add to what the tree needs. */
    readonly extraMib?: number;
    /** MiB. */
    readonly journalMib: number;
    /** Filesystem blocks that online growth must be able to reach. */
    readonly maxOnlineResize?: number;
  };
  readonly filesystem: {
    readonly type: string;
    /** Undefined leaves the choice to the layout. */
    readonly rootLabel?: string;
    /** Options for mkfs, split at blanks. */
    readonly mkfsOptions: readonly string[];
  };
  /** Whether the last phases run on a mounted block device: where a hook needs one, in every build, or never (`DIB_DEVICE_MODE`). */
  readonly deviceMode: 'auto' | 'always' | 'never';
  readonly tmpfs: {
    readonly isAllowed: boolean;
    /** GiB. */
    readonly minGib: number;
  };
  readonly isOffline: boolean;
  /** True for `--refresh`: layers of steps that may have read the network themselves are not used. */
  readonly refreshes?: boolean;
  /** Absolute path. */
  readonly imageCache: string;
  /** Absolute path of the folder that hooks of the chroot see as their ccache. */
  readonly ccacheFolder: string;
  /** Absolute path of the folder for lock files of hooks (`DIB_LOCKFILES`). */
  readonly lockFolder: string;
  readonly defaultInstallType: string;
  readonly ramdiskElement: string;
  /** Search path of elements, in order, without the bundled library. */
  readonly elementsPath: readonly string[];
  /** Phases to stop at, such as `before-install`, and the command to run there. */
  readonly breaks: { readonly points: readonly string[]; readonly command?: string; readonly outsideTarget: boolean };
  /** 0, 1 or 2. */
  readonly debugTrace: number;
  readonly keepsOldImage: boolean;
  readonly showsImageUsage: 'no' | 'large' | 'full';
  /** Folder for temporary files (`TMPDIR`, then `TMP_DIR`, then `/tmp`). */
  readonly temporaryFolder: string;
  /** Current folder of the caller; host hooks run there. */
  readonly workingFolder: string;
  /** Whole environment of the caller, with what the options export, for the hooks. */
  readonly environment: Environment;
  /** Undefined where proxies and credentials are in the environment and in addresses, for hooks to see. */
  readonly access?: RepositoryAccess;
  /** Words after the command's name, for `DIB_ARGS`. */
  readonly commandLine: readonly string[];
  /** Seconds since the Unix epoch for every time in the image; undefined takes it from the repositories. */
  readonly sourceDateEpoch?: number;
}

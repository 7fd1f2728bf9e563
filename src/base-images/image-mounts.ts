import type { FoundFilesystem } from '../disk/find-filesystems.ts';

/** A filesystem of an image and where it belongs in the root tree. */
export interface ImageMount {
  readonly filesystem: FoundFilesystem;
  /** Absolute path in the tree. */
  readonly folder: string;
  /** Options that choose what is mounted. */
  readonly options: readonly string[];
}

/** Types of partitions that say where they belong, of GPT and of MBR. */
const EFI_SYSTEM = ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', '0xef'];
const EXTENDED_BOOT = ['bc13c2ff-59e6-4262-a352-b275fd6f7172'];

/**
 * Which filesystems belong below the root, those above first: what the file system table says, and for /boot and /boot/efi what the
 * partitions say of themselves.
 * @param fstab text of the image's /etc/fstab
 */
export function imageMounts(
  fstab: string,
  filesystems: readonly FoundFilesystem[],
  root: FoundFilesystem,
): readonly ImageMount[] {
  const listed = fstab.split('\n').flatMap((line) => mountOf(line, filesystems));
  const others = filesystems.filter((one) => one !== root && listed.every(({ filesystem }) => filesystem !== one));
  const isFree = (folder: string) => listed.every((mount) => mount.folder !== folder);
  const boot = others.find((one) => EXTENDED_BOOT.includes(one.partitionType ?? '') || one.label === 'boot');
  const efi = others.find((one) => EFI_SYSTEM.includes(one.partitionType ?? '') && one.type === 'vfat');
  return [
    ...listed,
    ...(boot !== undefined && isFree('/boot') ? [{ filesystem: boot, folder: '/boot', options: [] }] : []),
    ...(efi !== undefined && isFree('/boot/efi') ? [{ filesystem: efi, folder: '/boot/efi', options: [] }] : []),
  ].sort((one, other) => one.folder.split('/').length - other.folder.split('/').length);
}

function mountOf(line: string, filesystems: readonly FoundFilesystem[]): readonly ImageMount[] {
  const [source = '#', folder = '', , options = ''] = line.trim().split(/\s+/);
  if (source.startsWith('#') || !folder.startsWith('/') || folder === '/') return [];
  const [, tag, value] = /^(LABEL|UUID)="?([^"]*)"?$/.exec(source) ?? [];
  const filesystem = filesystems.find(
    ({ label, uuid }) => value !== undefined && value === (tag === 'LABEL' ? label : uuid),
  );
  const chosen = options.split(',').filter((option) => option.startsWith('subvol'));
  return filesystem === undefined ? [] : [{ filesystem, folder: folder.replace(/\/+$/, ''), options: chosen }];
}

import type { FilesystemNode, MountNode } from '../model/disk.ts';
import { defaultRootLabel, FILESYSTEM_TYPES, isFilesystemType } from './filesystem-types.ts';
import type { LayoutEntry } from './layout-entries.ts';
import { type LayoutContext, numberValue, onlyChild, placeOf, report, textValue } from './layout-values.ts';

/** The node that takes type, label and options from the request: the filesystem on a partition called `root`. */
const ROOT_NODE = 'mkfs_root';

/** Builds the filesystem that an `mkfs` node describes, with its mount point. */
export function buildFilesystem(context: LayoutContext, entry: LayoutEntry): FilesystemNode {
  const type = filesystemType(context, entry);
  const uuid = textValue(context, entry, 'uuid');
  if (uuid !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) {
    const hint = 'Write 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, or leave the setting out.';
    report(context, placeOf(entry, 'uuid'), `"${uuid}" is not a UUID`, hint);
  }
  const mount = onlyChild(context, entry, ['mount']);
  return {
    kind: 'filesystem',
    name: entry.name,
    type,
    label: filesystemLabel(context, entry, type),
    options: filesystemOptions(context, entry, type),
    ...(uuid === undefined ? {} : { uuid: uuid.toLowerCase() }),
    ...(mount === undefined ? {} : { mount: type === 'swap' ? swapMount(context, mount) : buildMount(context, mount) }),
  };
}

function filesystemType(context: LayoutContext, entry: LayoutEntry): string {
  const inherited = entry.name === ROOT_NODE ? context.defaults.rootType : undefined;
  const written = textValue(context, entry, 'type') ?? inherited;
  const type = written === 'fat' ? 'vfat' : written;
  if (type !== undefined && isFilesystemType(type)) return type;
  const message =
    type === undefined ? `"${entry.name}" needs a type` : `A filesystem of type "${type}" cannot be built`;
  report(context, placeOf(entry, 'type'), message, `Choose one of ${Object.keys(FILESYSTEM_TYPES).join(', ')}.`);
  return 'ext4';
}

function filesystemLabel(context: LayoutContext, entry: LayoutEntry, type: string): string {
  if (isFilesystemType(type) && FILESYSTEM_TYPES[type].labelLimit === 0) return '';
  const inherited = entry.name === ROOT_NODE ? (context.defaults.rootLabel ?? defaultRootLabel(type)) : entry.name;
  const written = textValue(context, entry, 'label') ?? inherited;
  const label = type === 'vfat' ? written.toUpperCase() : written;
  const limit = isFilesystemType(type) ? FILESYSTEM_TYPES[type].labelLimit : label.length;
  const length = Buffer.byteLength(label);
  if (length > limit) {
    const message = `The label "${label}" has ${length} bytes and ${type} has room for ${limit}`;
    report(context, placeOf(entry, 'label'), message, 'Choose a shorter label.');
  } else if (/\s/.test(label)) {
    const message = `The label "${label}" has a blank, which /etc/fstab cannot hold`;
    report(context, placeOf(entry, 'label'), message, 'Choose a label without blanks.');
  }
  return label;
}

function filesystemOptions(context: LayoutContext, entry: LayoutEntry, type: string): readonly string[] {
  const text = textValue(context, entry, 'opts');
  if (text === undefined) return entry.name === ROOT_NODE ? context.defaults.mkfsOptions(type) : [];
  return text.trim().split(/\s+/);
}

function buildMount(context: LayoutContext, entry: LayoutEntry): MountNode {
  const written = textValue(context, entry, 'mount_point');
  if (written === undefined || !written.startsWith('/') || /\s|\/\.\.?(\/|$)/.test(written)) {
    const message =
      written === undefined ? `"${entry.name}" needs a mount_point` : `"${written}" is not a place to mount at`;
    report(context, placeOf(entry, 'mount_point'), message, 'Write an absolute path without blanks, "." and "..".');
  }
  const point = `/${(written ?? '').split('/').filter(Boolean).join('/')}`;
  const fstab = onlyChild(context, entry, ['fstab']);
  if (fstab === undefined) return { point };
  return {
    point,
    fstab: {
      options: textValue(context, fstab, 'options') ?? 'defaults',
      dumpFrequency: numberValue(context, fstab, 'dump-freq', 0),
      passNumber: numberValue(context, fstab, 'fsck-passno', 2),
    },
  };
}

/** Swap has a mount node for its line in `/etc/fstab` alone, and only one line makes sense. */
function swapMount(context: LayoutContext, entry: LayoutEntry): MountNode {
  const fstab = onlyChild(context, entry, ['fstab']);
  return { point: 'none', ...(fstab && { fstab: { options: 'sw', dumpFrequency: 0, passNumber: 0 } }) };
}

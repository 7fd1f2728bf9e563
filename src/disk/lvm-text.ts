import { type DiskIdentity, lvmUuid } from './identity.ts';
import { FIRST_EXTENT, type PlacedVolume, type PlacedVolumeGroup } from './place-volumes.ts';

const SECTOR = 512;

/** UUID of a volume group, in groups of digits. */
export function volumeGroupUuid(identity: DiskIdentity, group: string): string {
  return lvmUuid(identity, `volume group ${group}`);
}

/** UUID of a logical volume, in groups of digits. */
export function logicalVolumeUuid(identity: DiskIdentity, group: string, volume: string): string {
  return lvmUuid(identity, `logical volume ${group}/${volume}`);
}

/**
 * The description of a volume group as every one of its physical volumes carries it.
 * @param epoch creation time, in seconds since the Unix epoch
 * @see vgcfgbackup(8) for a look at such texts
 */
export function volumeGroupText(
  group: PlacedVolumeGroup,
  { identity, epoch }: { readonly identity: DiskIdentity; readonly epoch: number },
): string {
  const { node, physicalVolumes, volumes } = group;
  const sections = physicalVolumes.map(({ node: { name }, span, extents }, index) =>
    section(`pv${index}`, [
      `id = "${lvmUuid(identity, `physical volume ${name}`)}"`,
      'status = ["ALLOCATABLE"]',
      'flags = []',
      `dev_size = ${span.size / SECTOR}`,
      `pe_start = ${FIRST_EXTENT / SECTOR}`,
      `pe_count = ${extents}`,
    ]),
  );
  const logical = volumes.map((volume) => logicalVolume(group, volume, { identity, epoch }));
  const whole = section(node.name, [
    `id = "${volumeGroupUuid(identity, node.name)}"`,
    'seqno = 1',
    'format = "lvm2"',
    'status = ["RESIZEABLE", "READ", "WRITE"]',
    'flags = []',
    `extent_size = ${node.extentSize / SECTOR}`,
    'max_lv = 0',
    'max_pv = 0',
    'metadata_copies = 0',
    section('physical_volumes', sections),
    ...(logical.length === 0 ? [] : [section('logical_volumes', logical)]),
  ]);
  const file = [
    'contents = "Text Format Volume Group"',
    'version = 1',
    'description = "Written by ingot"',
    'creation_host = "ingot"',
    `creation_time = ${epoch}`,
  ];
  return `${[whole, ...file].join('\n')}\n`;
}

function logicalVolume(
  { node, physicalVolumes }: PlacedVolumeGroup,
  { node: volume, segments }: PlacedVolume,
  { identity, epoch }: { readonly identity: DiskIdentity; readonly epoch: number },
): string {
  let next = 0;
  const sections = segments.map(({ member, first, count }, index) => {
    const start = next;
    next += count;
    return section(`segment${index + 1}`, [
      `start_extent = ${start}`,
      `extent_count = ${count}`,
      'type = "striped"',
      'stripe_count = 1',
      `stripes = ["pv${physicalVolumes.indexOf(member)}", ${first}]`,
    ]);
  });
  return section(volume.name, [
    `id = "${logicalVolumeUuid(identity, node.name, volume.name)}"`,
    'status = ["READ", "WRITE", "VISIBLE"]',
    'flags = []',
    `creation_time = ${epoch}`,
    'creation_host = "ingot"',
    `segment_count = ${sections.length}`,
    ...sections,
  ]);
}

function section(name: string, lines: readonly string[]): string {
  return [`${name} {`, ...lines, '}'].join('\n');
}

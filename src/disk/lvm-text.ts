import { type DiskIdentity, lvmUuid } from './identity.ts';
import {
  FIRST_EXTENT,
  type PlacedVolume,
  type PlacedVolumeGroup,
  segmentSpans,
  thinVolumeSize,
  thinVolumes,
  type VolumeSegment,
} from './place-volumes.ts';
import { chunkSizeOf } from './thin-pool-size.ts';

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
  const logical = logicalVolumes(group, volumes).map(({ name, isVisible, segments }) =>
    section(name, [
      `id = "${logicalVolumeUuid(identity, node.name, name)}"`,
      `status = ["READ", "WRITE"${isVisible ? ', "VISIBLE"' : ''}]`,
      'flags = []',
      `creation_time = ${epoch}`,
      'creation_host = "ingot"',
      `segment_count = ${segments.length}`,
      ...segments.map((lines, index) => section(`segment${index + 1}`, lines)),
    ]),
  );
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

/** A volume as the metadata has it; users see those that are visible. */
interface VolumeEntry {
  readonly name: string;
  readonly isVisible: boolean;
  /** Settings of each segment, in order. */
  readonly segments: readonly (readonly string[])[];
}

function logicalVolumes(group: PlacedVolumeGroup, volumes: readonly PlacedVolume[]): readonly VolumeEntry[] {
  const entries = volumes.flatMap((volume): readonly VolumeEntry[] => {
    const { name, thin } = volume.node;
    if (thin?.kind === 'volume') return [{ name, isVisible: true, segments: [thinSegment(group, volume, thin.pool)] }];
    if (volume.metadata === undefined) return [{ name, isVisible: true, segments: linear(group, volume.segments) }];
    return [
      { name, isVisible: true, segments: [poolSegment(group, volume)] },
      { name: `${name}_tmeta`, isVisible: false, segments: linear(group, volume.metadata) },
      { name: `${name}_tdata`, isVisible: false, segments: linear(group, volume.segments) },
    ];
  });
  if (group.spare.length === 0) return entries;
  return [...entries, { name: 'lvol0_pmspare', isVisible: false, segments: linear(group, group.spare) }];
}

function linear({ physicalVolumes }: PlacedVolumeGroup, segments: readonly VolumeSegment[]): VolumeEntry['segments'] {
  let next = 0;
  return segments.map(({ member, first, count }) => {
    const start = next;
    next += count;
    return [
      `start_extent = ${start}`,
      `extent_count = ${count}`,
      'type = "striped"',
      'stripe_count = 1',
      `stripes = ["pv${physicalVolumes.indexOf(member)}", ${first}]`,
    ];
  });
}

function poolSegment(group: PlacedVolumeGroup, { node: { name }, segments }: PlacedVolume): readonly string[] {
  const size = segmentSpans(group, segments).reduce((sum, span) => sum + span.size, 0);
  return [
    'start_extent = 0',
    `extent_count = ${size / group.node.extentSize}`,
    'type = "thin-pool"',
    `metadata = "${name}_tmeta"`,
    `pool = "${name}_tdata"`,
    `transaction_id = ${thinVolumes(group, name).length}`,
    `chunk_size = ${chunkSizeOf(size) / SECTOR}`,
    'discards = "passdown"',
    'zero_new_blocks = 1',
  ];
}

function thinSegment(group: PlacedVolumeGroup, { node }: PlacedVolume, pool: string): readonly string[] {
  const index = thinVolumes(group, pool).indexOf(node);
  return [
    'start_extent = 0',
    `extent_count = ${thinVolumeSize(group.node, node) / group.node.extentSize}`,
    'type = "thin"',
    `thin_pool = "${pool}"`,
    `transaction_id = ${index}`,
    `device_id = ${index + 1}`,
  ];
}

function section(name: string, lines: readonly string[]): string {
  return [`${name} {`, ...lines, '}'].join('\n');
}

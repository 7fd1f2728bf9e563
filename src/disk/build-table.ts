import { bytes, MIB } from '../model/bytes.ts';
import type { PartitionNode, PartitionSize, TableNode } from '../model/disk.ts';
import { buildContent } from './build-content.ts';
import type { LayoutEntry } from './layout-entries.ts';
import { type LayoutContext, listValue, placeOf, report, textValue } from './layout-values.ts';
import { GPT_TYPE_CODES, gptTypeGuid, mbrTypeByte, normalGptType } from './partition-types.ts';
import { orderFault } from './place-partitions.ts';
import { parsePercent, parseSize, SIZE_CHOICES } from './size-text.ts';

/** Builds the partition table that a `partitioning` node describes. */
export function buildTable(context: LayoutContext, entry: LayoutEntry): TableNode {
  const label = tableLabel(context, entry);
  const partitions = context.entries.filter((other) => other.kind === 'partition' && other.base === entry.name);
  if (partitions.length === 0) {
    report(context, entry.place, `"${entry.name}" has no partitions`, 'List them under "partitions:".');
  }
  const table: TableNode = {
    kind: 'table',
    label,
    align: tableAlign(context, entry),
    partitions: partitions.map((partition) => buildPartition(context, partition, label)),
  };
  const fault = orderFault(table);
  const hint = 'List up to four primary partitions, or up to three and then others; or use "label: gpt".';
  if (fault !== undefined) report(context, entry.place, fault, hint);
  return table;
}

function tableLabel(context: LayoutContext, entry: LayoutEntry): 'mbr' | 'gpt' {
  const label = textValue(context, entry, 'label');
  if (label === 'mbr' || label === 'gpt') return label;
  const message = label === undefined ? `"${entry.name}" needs a label` : `"${label}" is not a kind of partition table`;
  report(context, placeOf(entry, 'label'), message, 'Write "label: gpt" or "label: mbr".');
  return 'gpt';
}

function tableAlign(context: LayoutContext, entry: LayoutEntry): TableNode['align'] {
  const text = textValue(context, entry, 'align');
  if (text === undefined) return bytes(MIB);
  const align = parseSize(text);
  if (align !== undefined && align > 0 && align % 4096 === 0) return align;
  report(context, placeOf(entry, 'align'), `Partitions cannot be aligned to "${text}"`, 'Choose a multiple of 4 KiB.');
  return bytes(MIB);
}

function buildPartition(context: LayoutContext, entry: LayoutEntry, label: 'mbr' | 'gpt'): PartitionNode {
  const content = buildContent(context, entry);
  return {
    kind: 'partition',
    name: entry.name,
    type: label === 'gpt' ? gptType(context, entry) : mbrType(context, entry),
    flags: partitionFlags(context, entry, label),
    size: partitionSize(context, entry),
    ...(content && { content }),
  };
}

function gptType(context: LayoutContext, entry: LayoutEntry): string {
  const type = textValue(context, entry, 'type') ?? '8300';
  if (gptTypeGuid(type) === undefined) {
    const hint = `Choose one of ${GPT_TYPE_CODES.join(', ')}, or write the GUID of the type.`;
    report(context, placeOf(entry, 'type'), `"${type}" is not a GPT partition type`, hint);
  }
  return normalGptType(type);
}

function mbrType(context: LayoutContext, entry: LayoutEntry): string {
  const type = textValue(context, entry, 'type') ?? '0x83';
  const byte = mbrTypeByte(type);
  if (byte !== undefined) return `0x${byte.toString(16).padStart(2, '0')}`;
  const hint = "Write a byte in hexadecimal, such as '0x83' for Linux.";
  report(context, placeOf(entry, 'type'), `"${type}" is not an MBR partition type`, hint);
  return '0x83';
}

function partitionFlags(context: LayoutContext, entry: LayoutEntry, label: 'mbr' | 'gpt'): PartitionNode['flags'] {
  const choices = label === 'gpt' ? (['boot'] as const) : (['boot', 'primary'] as const);
  return listValue(context, entry, 'flags').flatMap((word) => {
    const flag = choices.find((choice) => choice === word);
    if (flag !== undefined) return [flag];
    const message = `A partition of a ${label.toUpperCase()} table cannot have the flag "${word}"`;
    report(context, placeOf(entry, 'flags'), message, `It may have ${choices.join(' and ')}.`);
    return [];
  });
}

function partitionSize(context: LayoutContext, entry: LayoutEntry): PartitionSize {
  const text = textValue(context, entry, 'size') ?? '';
  const percent = parsePercent(text);
  if (percent !== undefined) return { kind: 'percent', percent };
  const size = parseSize(text);
  if (size !== undefined && size > 0) return { kind: 'bytes', bytes: size };
  const message = text === '' ? `The partition "${entry.name}" needs a size` : `"${text}" is not a size of a partition`;
  report(context, placeOf(entry, 'size'), message, `Write a percentage of the space that is left, or ${SIZE_CHOICES}.`);
  return { kind: 'percent', percent: 100 };
}

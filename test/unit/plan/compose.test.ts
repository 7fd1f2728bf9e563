import { expect, test } from 'vitest';
import { composeElements } from '../../../src/plan/compose.ts';

const request = { purpose: 'disk', skipsBase: false, ramdiskElement: 'ramdisk', arch: 'amd64' } as const;

test('puts base in front and the layout of the architecture behind vm', {
  tags: ['elements.vm-layout', 'elements.base-first'],
}, () => {
  expect(composeElements({ ...request, elements: ['vm', 'debian'] })).toEqual([
    'base',
    'vm',
    'debian',
    'block-device-mbr',
  ]);
  expect(composeElements({ ...request, arch: 'arm64', elements: ['vm'] })).toEqual(['base', 'vm', 'block-device-efi']);
});

test('adds no layout where the user names one or does not want a vm', { tags: ['elements.vm-layout'] }, () => {
  expect(composeElements({ ...request, elements: ['vm', 'block-device-gpt'] })).toEqual([
    'base',
    'vm',
    'block-device-gpt',
  ]);
  expect(composeElements({ ...request, elements: ['debian'] })).toEqual(['base', 'debian']);
});

test('leaves base out on request, for ramdisks too', { tags: ['cli.no-base'] }, () => {
  expect(composeElements({ ...request, skipsBase: true, elements: ['debian'] })).toEqual(['debian']);
  expect(composeElements({ ...request, purpose: 'ramdisk', skipsBase: true, elements: ['debian'] })).toEqual([
    'ramdisk',
    'debian',
  ]);
});

test('puts the ramdisk element in front of base', { tags: ['elements.ramdisk-first', 'cli.ramdisk-element'] }, () => {
  const composed = composeElements({
    ...request,
    purpose: 'ramdisk',
    ramdiskElement: 'dracut-ramdisk',
    elements: ['debian'],
  });

  expect(composed).toEqual(['dracut-ramdisk', 'base', 'debian']);
});

import { expect, test } from 'vitest';
import type { Hook } from '../../../src/model/element.ts';
import { PHASE_NAMES, type Phase } from '../../../src/model/phase.ts';
import { deviceReasons, isLayoutSure, splitAtDisk } from '../../../src/plan/device-mode.ts';
import { planSteps } from '../../../src/plan/steps.ts';

const hookOf = (phase: Phase): Hook => ({ phase, name: '10-x', element: 'one', source: `/one/${phase}/10-x` });

function reasonsFor(phase: Phase, text: string, deviceMode: 'auto' | 'always' | 'never' = 'auto'): readonly string[] {
  const request = { deviceMode, environment: {} };
  const hooks = { [phase]: [hookOf(phase)] };
  return deviceReasons({ hooks, textOf: () => text, request }).map((reason) => reason.text);
}

test.each(['pre-finalise.d', 'finalise.d', 'cleanup.d'] as const)(
  'a hook of %s that reads the disk needs a device',
  (phase) => {
    const expected = [`${phase}/10-x of element one reads IMAGE_BLOCK_DEVICE`];

    expect(reasonsFor(phase, 'blkid "$IMAGE_BLOCK_DEVICE"')).toEqual(expected);
    expect(reasonsFor(phase, 'eval devices=( $IMAGE_BLOCK_DEVICES )')).toEqual(expected);
    expect(reasonsFor(phase, 'blkid "$IMAGE_BLOCK_DEVICE"', 'never')).toEqual([]);
  },
);

test.each([
  ['post-root.d', 'blkid "$IMAGE_BLOCK_DEVICE"'],
  ['finalise.d', 'echo done'],
  ['finalise.d', 'mount "$MY_IMAGE_BLOCK_DEVICE"'],
  ['finalise.d', '  # IMAGE_BLOCK_DEVICE is set here\ntrue'],
  ['finalise.d', 'BOOT_DEV=$IMAGE_BLOCK_DEVICE\ngrub-install "$BOOT_DEV"'],
  ['finalise.d', 'eval DEVICES=( $IMAGE_BLOCK_DEVICES )\n$GRUBNAME --force ${DEVICES[boot]}'],
] as const)('a hook of %s with %j needs none', (phase, text) => {
  expect(reasonsFor(phase, text)).toEqual([]);
});

test('a comment about GRUB does not make a hook one of GRUB’s', () => {
  expect(reasonsFor('finalise.d', '# before grub runs\ndd of="$IMAGE_BLOCK_DEVICE"')).toHaveLength(1);
});

test('a hook of block-device.d makes a device, whatever it says', () => {
  const expected = ['block-device.d/10-x of element one makes one'];

  expect(reasonsFor('block-device.d', 'true')).toEqual(expected);
  expect(reasonsFor('block-device.d', 'true', 'never')).toEqual(expected);
});

test('the caller decides, too', () => {
  expect(reasonsFor('finalise.d', 'true', 'always')).toEqual(['DIB_DEVICE_MODE is "always"']);
  const environment = { IMAGE_BLOCK_DEVICE: '/dev/nbd0' };
  const reasons = deviceReasons({ hooks: {}, textOf: () => '', request: { deviceMode: 'auto', environment } });
  expect(reasons).toEqual([{ text: 'the variable IMAGE_BLOCK_DEVICE is /dev/nbd0' }]);
});

test('the disk is there between block-device.d and pre-finalise.d', () => {
  const hooks = Object.fromEntries(PHASE_NAMES.map((phase) => [phase, [hookOf(phase)]]));
  const steps = planSteps({ hooks, packages: [], isLayoutSure: true, breakPoints: ['before-block-device'] });

  const { before, making, on } = splitAtDisk(steps);

  expect(before.at(-1)?.id).toBe('fstab');
  expect(making.map((step) => step.id)).toEqual(['break before-block-device', 'block-device.d/10-x']);
  expect(on[0]?.id).toBe('pre-finalise.d/10-x');
  expect([...before, ...making, ...on]).toEqual(steps);
});

test.each([
  [{ 'block-device.d': [hookOf('block-device.d')] }, {}, false],
  [{}, { IMAGE_BLOCK_DEVICE: '/dev/nbd0' }, false],
  [{}, { IMAGE_BLOCK_DEVICE: '' }, true],
])('with %j and %j it is known before the disk whether the layout is used: %s', (hooks, environment, expected) => {
  expect(isLayoutSure(hooks, { environment })).toBe(expected);
});

import { expect, test } from 'vitest';
import { installTypeOf, selectInstallFolders } from '../../../src/elements/install-types.ts';

const folders = [
  'nova-source-install',
  'nova-package-install',
  'os-net-config-source-install',
  'os-net-config-package-install',
];

test('takes source folders unless told otherwise', () => {
  expect(selectInstallFolders(folders, {})).toEqual(['nova-source-install', 'os-net-config-source-install']);
});

test('takes the default type for prefixes that no variable names', { tags: ['install-types.choice'] }, () => {
  const env = { DIB_DEFAULT_INSTALLTYPE: 'package', DIB_INSTALLTYPE_os_net_config: 'source' };

  expect(selectInstallFolders(folders, env)).toEqual(['nova-package-install', 'os-net-config-source-install']);
});

test('takes nothing for a prefix whose type has no folder', () => {
  expect(selectInstallFolders(['nova-source-install'], { DIB_INSTALLTYPE_nova: 'wheel' })).toEqual([]);
});

test('gives an element its own type, then the default, then source', () => {
  expect(installTypeOf('a-b', { DIB_INSTALLTYPE_a_b: 'package', DIB_DEFAULT_INSTALLTYPE: 'wheel' })).toBe('package');
  expect(installTypeOf('a-b', { DIB_DEFAULT_INSTALLTYPE: 'wheel' })).toBe('wheel');
  expect(installTypeOf('a-b', {})).toBe('source');
});

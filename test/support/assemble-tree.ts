import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assembleDisks, diskFile } from '../../src/disk/assemble-disk.ts';
import { readLayout } from '../../src/disk/read-layout.ts';
import { bytes, MIB } from '../../src/model/bytes.ts';
import { toErrorReport } from '../../src/model/error.ts';

// Puts TREE on the disk that the LAYOUT describes. Run as root, or as root of a user namespace.
// usage: node assemble-tree.ts TREE OUTPUT MIB EPOCH LAYOUT
const [tree = '', output = '', mib = '', epoch = '', text = ''] = process.argv.slice(2);
const { layout } = readLayout(text, 'layout', {
  rootType: 'ext4',
  mkfsOptions: (type) => (/^ext[34]$/.test(type) ? ['-J', 'size=4'] : []),
});
try {
  const folder = dirname(output);
  const size = bytes(Number(mib) * MIB);
  await assembleDisks({ layout, tree, folder, size, identity: 'test', epoch: Number(epoch) });
  await rename(diskFile(folder, 'image0'), output);
} catch (error) {
  process.stderr.write(`${JSON.stringify(toErrorReport(error))}\n`);
  process.exitCode = 1;
}

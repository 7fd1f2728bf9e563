import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { writeArtifacts } from '../../src/formats/write-artifacts.ts';
import { isImageFormat } from '../../src/model/artifact.ts';
import { toErrorReport } from '../../src/model/error.ts';
import { formatWish } from './format-input.ts';

// Run under `unshare --mount`: mounts a filesystem of 1 MiB over FOLDER, writes an image there and prints how that failed as JSON. With OUT
// the image goes there, and FOLDER is for files on the way.
// usage: write-on-small-disk.ts FOLDER FORMAT DISK TREE [OUT]
const [, , folder = '', format = '', rawDisk = '', tree = '', out] = process.argv;
if (!isImageFormat(format)) throw new Error(`not a format: ${format}`);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'small', folder]);
try {
  await writeArtifacts({
    request: {
      outputName: `${out ?? folder}/image`,
      formats: [format],
      ...formatWish(),
      checksums: [],
      keepsOldImage: true,
    },
    rawDisk,
    tree,
    scratch: out === undefined ? '/tmp' : folder,
    identity: 'content',
    epoch: 0,
    emit: () => {},
    signal: new AbortController().signal,
  });
} catch (error) {
  process.stdout.write(JSON.stringify({ error: toErrorReport(error), left: readdirSync(folder) }));
}

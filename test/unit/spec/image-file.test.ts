import { describe, expect, it } from 'vitest';
import { IngotError, type IngotErrorDetails } from '../../../src/model/error.ts';
import { commandText, imageCommand } from '../../../src/spec/image-command.ts';
import { readImages } from '../../../src/spec/image-file.ts';
import { IMAGE_KEY_NAMES } from '../../../src/spec/image-file-keys.ts';

/** The commands that files stand for, as a person would type them. */
function commands(...texts: readonly string[]): readonly string[] {
  const files = texts.map((text, index) => ({ file: `${index + 1}.yaml`, text }));
  return readImages(files).map((image) => commandText(imageCommand(image)));
}

function faultsOf(...texts: readonly string[]): IngotErrorDetails & { readonly message: string } {
  try {
    commands(...texts);
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    expect(error.code).toBe('IMAGE_FILE_INVALID');
    return { ...error.details, message: error.message };
  }
  throw new Error('The files were understood');
}

describe('a file of images', () => {
  it('stands for one command with its variables for each image', { tags: ['yaml.list', 'yaml.options'] }, () => {
    const text = `
- imagename: web
  arch: amd64
  types: [qcow2, raw]
  environment: { DIB_RELEASE: bookworm, GREETING: "it's me" }
  debug-trace: 2
  uncompressed: true
  clear: yes
  logfile: web.log
  checksum: on
  image-size: 10
  image-extra-size: 5
  image-cache: /cache
  max-online-resize: 1000
  min-tmpfs: 7
  mkfs-journal-size: 32
  mkfs-options: -N 8192
  no-tmpfs: true
  offline: true
  qemu-img-options: { compat: "0.10", size: 10M }
  root-label: root
  ramdisk-element: dracut
  install-type: package
  docker-target: hub/web
  packages: [vim, less]
  skip-base: true
  elements: [debian, vm]
`;

    expect(commands(text)).toEqual([
      "DIB_RELEASE=bookworm GREETING='it'\\''s me' disk-image-create -o web -a amd64 -t qcow2,raw -x -x -u -c " +
        '--logfile web.log --checksum --image-size 10 --image-extra-size 5 --image-cache /cache ' +
        "--max-online-resize 1000 --min-tmpfs 7 --mkfs-journal-size 32 --mkfs-options '-N 8192' --no-tmpfs --offline " +
        '--qemu-img-options compat=0.10,size=10M --root-label root --ramdisk-element dracut --install-type package ' +
        '--docker-target hub/web -p vim,less -n debian vm',
    ]);
    expect(IMAGE_KEY_NAMES.filter((key) => key !== 'ramdisk' && !text.includes(`  ${key}:`))).toEqual(['imagename']);
  });

  it('leaves out what is switched off or empty', () => {
    const text = `
- imagename: ""
  types: []
  debug-trace: 0
  checksum: no
  offline: false
  qemu-img-options: {}
  elements: [os]
`;

    expect(commands(text)).toEqual(['disk-image-create os']);
  });

  it('makes a ramdisk where it says so', { tags: ['yaml.ramdisk'] }, () => {
    expect(commands('- { ramdisk: true, elements: [os] }\n- { imagename: b, ramdisk: false }')).toEqual([
      'ramdisk-image-create os',
      'disk-image-create -o b',
    ]);
  });

  it('joins items of one name, also from another file, in the order of first mention', {
    tags: ['yaml.merge', 'yaml.list'],
  }, () => {
    const first = `
- imagename: one
  elements: [a]
  environment: { X: "1", Y: "1" }
  image-size: 1
- imagename: two
  elements: [b]
`;
    const second = `
- imagename: one
  elements: [c]
  environment: { Y: "2", Z: "2" }
  image-size: 2
`;

    expect(commands(first, second)).toEqual([
      'X=1 Y=2 Z=2 disk-image-create -o one --image-size 2 a c',
      'disk-image-create -o two b',
    ]);
  });

  it('takes an item without a name for more of the image before it', { tags: ['yaml.name'] }, () => {
    expect(commands('- elements: [a]\n- elements: [b]\n- imagename: two\n', '- elements: [c]\n')).toEqual([
      'disk-image-create a b',
      'disk-image-create -o two c',
    ]);
    expect(commands('- elements: [a]\n- { imagename: image, elements: [b] }\n')).toEqual([
      'disk-image-create -o image a b',
    ]);
  });

  it('follows anchors and merge keys, and may be JSON', () => {
    expect(commands('- &base { imagename: a, elements: [os] }\n- <<: *base\n  imagename: b\n')).toEqual([
      'disk-image-create -o a os',
      'disk-image-create -o b os',
    ]);
    expect(commands('[\n\t{ "imagename": "a", "elements": ["os"] }\n]')).toEqual(['disk-image-create -o a os']);
  });

  it('may have many images that share a part', () => {
    const items = Array.from({ length: 200 }, (_, index) => `- { imagename: i${index}, environment: *shared }\n`);

    expect(commands(`- &first { imagename: i, environment: &shared { X: "1" } }\n${items.join('')}`)).toHaveLength(201);
  });

  it('names an unknown key with its place and the one that was meant', { tags: ['yaml.unknown-key'] }, () => {
    const fault = faultsOf('- imagename: a\n  elemnts: [os]\n');

    expect(fault).toMatchObject({
      message: '"elemnts" is no key of an image',
      place: { file: '1.yaml', line: 2, column: 3 },
      hint: expect.stringMatching(/^Did you mean elements\? Keys: imagename, arch, /),
    });
  });

  it.each([
    ['arch: amd6', '"arch" has "amd6"', 'Did you mean amd64? It has to be one of aarch64, amd64'],
    ['types: [tgz, qcow]', '"types" has "qcow"', 'Did you mean qcow2? It has to be a list of qcow2, raw'],
    ['types: tgz', '"types" has "tgz"', 'Did you mean tgz? It has to be a list of'],
    ['image-size: 0', '"image-size" has the number 0', 'It has to be a whole number from 1 on.'],
    ['image-size: 1.5', '"image-size" has the number 1.5', 'It has to be a whole number from 1 on.'],
    ['image-size: "10"', '"image-size" has "10"', 'It has to be a whole number from 1 on.'],
    ['debug-trace: 3', '"debug-trace" has the number 3', 'It has to be one of 0, 1, 2.'],
    ['checksum: md5', '"checksum" has "md5"', 'It has to be true or false.'],
    ['environment: { X: 1 }', '"X" of "environment" is a number', 'Text that looks like something else needs quotes.'],
    ['qemu-img-options: { X: [] }', '"X" of "qemu-img-options" is a list', 'It has to be a map from names to texts.'],
    ['environment: [X]', '"environment" has a list', 'It has to be a map from names to texts.'],
    ['root-label: true', '"root-label" has the boolean true', 'Text that looks like something else needs quotes.'],
    ['install-type: sourc', '"install-type" has "sourc"', 'Did you mean source?'],
    ['elements:', '"elements" has nothing', 'It has to be a list of words.'],
    ['elements: [[os]]', '"elements" has a list', 'It has to be a list of words.'],
  ])('refuses %s', { tags: ['yaml.values'] }, (line, message, hint) => {
    const fault = faultsOf(`- imagename: a\n  ${line}\n`);

    expect(fault).toMatchObject({ message, hint: expect.stringContaining(hint), place: { file: '1.yaml', line: 2 } });
  });

  it('tells all faults of all files at once, in order', { tags: ['yaml.values'] }, () => {
    const fault = faultsOf(
      '- imagename: a\n  imagename: b\n  size: 1\n- types: [x1, raw, x2]\n- text\n',
      'imagename: a\n',
      '- a: [\n',
    );

    expect(fault.issues?.map(({ message, place }) => [place?.file, place?.line, place?.column, message])).toEqual([
      ['1.yaml', 2, 3, 'This key stands twice in one map'],
      ['1.yaml', 3, 3, '"size" is no key of an image'],
      ['1.yaml', 4, 11, '"types" has "x1"'],
      ['1.yaml', 4, 20, '"types" has "x2"'],
      ['1.yaml', 5, 3, 'An image is a map of keys'],
      ['2.yaml', 1, 1, 'A file of images is a list'],
      ['3.yaml', 2, 1, expect.stringContaining('This is neither YAML nor JSON')],
    ]);
  });
});

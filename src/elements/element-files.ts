/** A file or folder that an element may have. */
export interface ElementFile {
  /** Path in the element; capital letters stand for names. */
  readonly path: string;
  readonly meaning: string;
  /** True where only an element has something of this name on its first level. */
  readonly tells?: true;
}

/** What the files of an element mean, beside the folders of phases. */
export const ELEMENT_FILES: readonly ElementFile[] = [
  { path: 'README.rst', meaning: 'what the element does, its variables, phases and an example' },
  {
    path: 'element-deps',
    meaning: 'elements that it needs, one name on each line; no comments, in order of name',
    tells: true,
  },
  {
    path: 'element-provides',
    meaning: 'names that it stands for, one on each line, such as `operating-system`',
    tells: true,
  },
  {
    path: 'environment.d/NN-NAME',
    meaning: 'bash, sourced before the hooks of each phase on either side; what it exports, hooks see. Not executable',
    tells: true,
  },
  {
    path: 'package-installs.yaml',
    meaning:
      'packages to install and remove; or `package-installs.json`. Needs the element [package-installs](../../elements/package-installs/README.rst)',
    tells: true,
  },
  {
    path: 'pkg-map',
    meaning:
      'JSON: names of packages by release, distribution and family. Needs [pkg-map](../../elements/pkg-map/README.rst)',
    tells: true,
  },
  {
    path: 'svc-map',
    meaning: 'YAML: names of services by distribution. Needs [svc-map](../../elements/svc-map/README.rst)',
    tells: true,
  },
  {
    path: 'source-repository-NAME',
    meaning:
      'where a source comes from and where it goes. Needs [source-repositories](../../elements/source-repositories/README.rst)',
  },
  {
    path: 'bin/PROGRAM',
    meaning: 'programs for hooks in the image. Needs [install-bin](../../elements/install-bin/README.rst)',
  },
  {
    path: 'static/PATH',
    meaning:
      'files that are copied to `/PATH` of the image. Needs [install-static](../../elements/install-static/README.rst)',
  },
  {
    path: 'install.d/NAME-TYPE-install/NN-HOOK',
    meaning:
      'hooks of one way to install, chosen by `DIB_INSTALLTYPE_NAME`. Needs [install-types](../../elements/install-types/README.rst)',
  },
  {
    path: 'block-device-default.yaml',
    meaning: 'layout of the disks, taken where no other is asked for; `block-device-ARCH.yaml` goes before it',
  },
  { path: 'init.d/NN-NAME', meaning: 'part of the `/init` of [a ramdisk](../guides/ramdisks.md)' },
  { path: 'binary-deps.d/NAME', meaning: 'programs that a ramdisk gets, with blanks or line ends between them' },
  { path: 'udev.d/NAME.rules', meaning: 'rules of udev for a ramdisk' },
  {
    path: 'test-elements/TEST',
    meaning: '[a test](../guides/test-elements.md): an element that is built together with this one. No hook sees it',
  },
  { path: 'test-elements/TEST/assertions.yaml', meaning: 'what has to be true of the finished tree' },
  { path: 'test-elements/TEST/assert.d/PROGRAM', meaning: 'programs that look at the finished tree themselves' },
  { path: 'test-elements/TEST/element-type', meaning: '`ramdisk` for a test that builds a ramdisk' },
  { path: 'test-elements/TEST/test-output-formats', meaning: 'image formats that a test writes' },
  { path: 'tests', meaning: 'for the author alone. No hook sees it' },
  {
    path: 'anything else',
    meaning:
      'goes to `TMP_HOOKS_PATH`, where hooks of all elements find it; names with a leading dot inside of folders do not',
  },
];

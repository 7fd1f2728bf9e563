import { mkdir } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { filesystemTools } from '../disk/filesystem-types.ts';
import { filesystemsOf } from '../disk/fstab.ts';
import { placeLayout } from '../disk/place-layout.ts';
import type { ReadLayout } from '../disk/read-layout.ts';
import { targetDevices } from '../disk/target-facts.ts';
import { BUNDLED_ELEMENTS } from '../elements/bundled-elements.ts';
import { checkDefinitions } from '../elements/check-definitions.ts';
import { CHANNEL_IN_TREE, contractEnvironment, type EnvironmentFacts } from '../elements/contract-environment.ts';
import { type ElementLibrary, overrideWarnings, readLibrary } from '../elements/element-library.ts';
import { expandElements } from '../elements/expand-elements.ts';
import { collectHookTree, type HookTreeNode } from '../elements/hook-tree.ts';
import { linkInstallFolders } from '../elements/install-types.ts';
import { idleHookWarnings, planHooks } from '../elements/phase-hooks.ts';
import { sourceEnvironment } from '../elements/source-environment.ts';
import { checkOutputs } from '../formats/check-outputs.ts';
import { writtenFormats } from '../formats/written-formats.ts';
import { availableMemory } from '../host/memory.ts';
import { mountBind, mountTmpfs, unmountTree } from '../host/mounts.ts';
import { requireTools } from '../host/tool-check.ts';
import { evictLayers } from '../layers/evict-layers.ts';
import { digestOf } from '../layers/key.ts';
import { LayerStore } from '../layers/store.ts';
import { GIB } from '../model/bytes.ts';
import type { Element, Hook } from '../model/element.ts';
import { type Issue, placeText } from '../model/error.ts';
import type { EmitEvent } from '../model/events.ts';
import type { Phase } from '../model/phase.ts';
import type { BuildRequest, Environment } from '../model/request.ts';
import { giveAptAccess } from '../packages/apt-access.ts';
import { composeElements } from '../plan/compose.ts';
import { callersDevice, type DeviceReason, deviceReasons, isLayoutSure } from '../plan/device-mode.ts';
import { openBaseImage } from './base-image.ts';
import type { BuildContext } from './build-context.ts';
import { BuildTree } from './build-tree.ts';
import type { BuilderTask } from './builder-protocol.ts';
import { chrootBinds } from './chroot-binds.ts';
import { filesystemNeeds, hookNeeds, refuseMapperNeeds, refuseUnmetNeeds } from './device-need.ts';
import { diskImages } from './disk-images.ts';
import { readDiskLayout, withFaultsOf } from './disk-layout.ts';
import { refuseFullDisk, writtenFolders } from './full-disk.ts';
import { HookInputs } from './hook-inputs.ts';
import { readHookLibrary } from './hook-library.ts';
import { makesDisk, wantedImageSize } from './image-size-record.ts';
import { CHANNEL_PROGRAMS, HOOK_LIBRARY, HOST_PROGRAMS, PYTHON_MODULES } from './library-files.ts';
import { refuseNoDevice } from './own-disk.ts';
import { openRepositories } from './repositories.ts';
import { RequestChannel } from './request-channel.ts';
import { elementHandlers } from './request-handlers.ts';
import { BLOCK_DEVICE_PARAMS, writeBase } from './write-base.ts';

/** Bytes on disk that layers may take when no build runs. */
const KEPT_LAYERS_BYTES = 20 * GIB;

/**
 * The time in an image that no repository dates: 2024-01-01. The times of the elements' files would do no better: every checkout has
 * others, and editing one hook would change what all of them see.
 */
const UNDATED_EPOCH = Date.UTC(2024, 0, 1) / 1000;

/** A build that is ready to run its first step. Disposing it releases what it holds. */
export interface OpenBuild extends AsyncDisposable {
  readonly context: BuildContext;
  /** Hooks as far as the elements' files tell. */
  readonly hooks: Readonly<Partial<Record<Phase, readonly Hook[]>>>;
  /** Why the last phases need a block device, as far as the elements' files tell. */
  readonly reasons: readonly DeviceReason[];
}

/**
 * Reads and checks everything that can be known before the first step: elements, hooks, layout, environment, repositories.
 * @throws IngotError for whatever a person wrote wrongly, before any long work
 */
export async function openBuild(task: BuilderTask, emit: EmitEvent): Promise<OpenBuild> {
  await using opened = new AsyncDisposableStack();
  const { folders } = task;
  const { library, elements, nodes } = await readElements(task, emit);
  const request = { ...task.request, formats: writtenFormats(task.request, elements) };
  const layout = readDiskLayout(request, elements);
  for (const warning of layout.read.warnings) warn(emit, warning);
  refuseMapperNeeds(layout.read.mapperNeeds, layout.file);
  if (layout.fault === undefined && task.mode === 'build') {
    await refuseFullDisk(writtenFolders(task));
    for (const one of diskImages(request, layout.read.layout, folders.image)) await checkOutputs(one.request);
  }
  const usesMemory = await hasMemory(task);
  // A loop device that a hook made of a file is told by the file's path, which memory loses when its build is killed.
  const makesDevice = nodes.some(({ target }) => target.startsWith('block-device.d/'));
  if (usesMemory && !makesDevice) await mountTmpfs(folders.image);
  opened.defer(async () => void (await evictLayers(folders.store, KEPT_LAYERS_BYTES)));
  const store = opened.use(await LayerStore.open(folders.store, task.buildId, usesMemory));
  const settled = store.settle();
  opened.defer(async () => await settled);
  const base = await writeBase(store, nodes, layout, task);
  const environmentFacts = await environmentFactsOf(task, library, elements, layout.read);
  const plannedEnvironment = await planEnvironment(
    task,
    environmentFacts,
    join(base, 'hooks'),
    store.scratchFolder,
    nodes,
  );
  const checked = checkDefinitions({ elements, nodes, env: plannedEnvironment });
  if (layout.fault !== undefined) throw await withFaultsOf(checked, layout.fault);
  for (const warning of await checked) warn(emit, warning);
  const hooks = Object.fromEntries(
    planHooks([...nodes, ...linkInstallFolders(nodes, plannedEnvironment)], request.environment.RUN_PARTS_REGEX),
  );
  const inputs = await HookInputs.read({
    folder: join(base, 'hooks'),
    hooks: Object.values(hooks).flat(),
    elements,
    library: await readHookLibrary(HOOK_LIBRARY),
  });
  const reasons = deviceReasons({ hooks, textOf: (hook) => inputs.textOf(hook), request });
  const needs = hookNeeds(reasons, request);
  const makesFilesystems = makesDisk(request) || request.targetImages !== undefined;
  if (isLayoutSure(hooks, request) && (needs.length > 0 || makesFilesystems)) {
    if (task.mode === 'build') await checkLayout(request, elements, layout.read);
    needs.push(...filesystemNeeds(layout.read.layout, layout.file));
  }
  await refuseUnmetNeeds(needs, task);
  const given = callersDevice(request);
  if (given !== undefined && reasons.length > 0) await refuseNoDevice(given);
  const packageFolder = join(store.scratchFolder, 'repositories');
  const env = plannedEnvironment;
  const repositories = opened.use(
    await openRepositories({ request, elements, env, hooks: join(base, 'hooks'), folder: packageFolder, emit }),
  );
  const isUserNamespace = task.privilege === 'user-namespace';
  const baseImage = await openBaseImage({
    request,
    hooks: hooks['root.d'] ?? [],
    textOf: (hook) => inputs.textOf(hook),
    env,
    scratch: store.diskFolder,
    isUserNamespace,
    emit,
  });
  const epoch = request.sourceDateEpoch ?? repositories.changedAt ?? UNDATED_EPOCH;
  const tree = new BuildTree({
    store,
    folder: folders.build,
    base,
    channel: join(store.scratchFolder, 'channel'),
    isUserNamespace,
  });
  opened.use(tree);
  const handlers = {
    ...elementHandlers({ elements, tree: tree.root }),
    ...repositories.handlers,
    ...baseImage.handlers,
  };
  const channelFolder = join(store.scratchFolder, 'channel');
  const channel = opened.use(await RequestChannel.open(channelFolder, CHANNEL_PROGRAMS, handlers));
  await mkdir(join(channelFolder, 'packages'));
  if (request.access !== undefined) await giveAptAccess(request.access, channelFolder, CHANNEL_IN_TREE);
  await mountBind(repositories.apt.store, join(channelFolder, 'packages'));
  opened.defer(async () => await unmountTree(join(channelFolder, 'packages')));
  const context: BuildContext = {
    task,
    request,
    emit,
    library,
    elements,
    nodes,
    inputs,
    layout: layout.read,
    environmentFacts,
    plannedEnvironment,
    repositories: { identity: repositories.identity, epoch },
    baseImageVersion: baseImage.version,
    identity: identityOf(task, elements, layout.text, repositories.identity),
    store,
    tree,
    channelFolder,
    takeRequestFault: () => channel.takeFault(),
    chrootBinds: async () =>
      await chrootBinds({ tree, repositories, ccacheFolder: request.ccacheFolder, imageCache: request.imageCache }),
  };
  const owned = opened.move();
  return { context, hooks, reasons, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
}

async function readElements(task: BuilderTask, emit: EmitEvent) {
  const { request } = task;
  const library = readLibrary(request.elementsPath, BUNDLED_ELEMENTS);
  const elements = expandElements(composeElements(request), library);
  const nodes = await collectHookTree(elements);
  for (const warning of [
    ...overrideWarnings(elements),
    ...idleHookWarnings(nodes, request.environment.RUN_PARTS_REGEX),
  ])
    warn(emit, warning);
  return { library, elements, nodes };
}

function warn(emit: EmitEvent, { message, hint, place }: Issue): void {
  const text = place === undefined ? message : `${placeText(place)}: ${message}`;
  emit({ kind: 'message', level: 'warning', text, hint });
}

/**
 * Checks what a layout takes, as far as it can be known before there is a tree.
 * @throws IngotError `TOOL_MISSING`, `IMAGE_TOO_SMALL`
 */
async function checkLayout(request: BuildRequest, elements: readonly Element[], read: ReadLayout): Promise<void> {
  const types = filesystemsOf(read.layout).map(({ type }) => type);
  const hasPool = read.layout.volumeGroups.some(({ volumes }) => volumes.some(({ thin }) => thin !== undefined));
  const tools = [...filesystemTools(types), ...(hasPool ? ['thin_restore'] : [])];
  await requireTools(tools, 'the filesystems of the layout', request.environment.PATH ?? '');
  const size = wantedImageSize(request, elements, read.rootType);
  if (size !== undefined) placeLayout(read.layout, size);
}

/** A build works in memory where twice the request's bound is free (`DIB_MIN_TMPFS`), in GiB. */
async function hasMemory({ request, privilege }: BuilderTask): Promise<boolean> {
  if (!request.tmpfs.isAllowed || (await availableMemory()) < 2 * request.tmpfs.minGib * GIB) return false;
  // Without root, overlayfs needs user.* attributes, which tmpfs has from Linux 6.6 on.
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return privilege === 'root' || major > 6 || (major === 6 && minor >= 6);
}

async function environmentFactsOf(
  task: BuilderTask,
  library: ElementLibrary,
  elements: readonly Element[],
  layout: ReadLayout,
): Promise<EnvironmentFacts> {
  const { request, folders } = task;
  await mkdir(request.lockFolder, { recursive: true });
  const { rootLabel, rootType, bootLabel, mountPoints } = layout;
  return {
    request,
    elements,
    searchPath: library.searchPath,
    paths: {
      build: folders.build,
      image: folders.image,
      hooks: join(folders.build, 'hooks'),
      tree: join(folders.build, 'mnt'),
      lib: HOOK_LIBRARY,
      pythonModules: PYTHON_MODULES,
      blockDeviceParams: join(folders.build, BLOCK_DEVICE_PARAMS),
    },
    layout: { rootLabel, rootType, bootLabel, mountPoints },
    blockDevices: targetDevices(layout.layout),
  };
}

/** Sources `environment.d` once for the keys and the plan. Hooks get it anew for each phase. */
async function planEnvironment(
  task: BuilderTask,
  facts: EnvironmentFacts,
  hooksFolder: string,
  scratch: string,
  nodes: readonly HookTreeNode[],
): Promise<Environment> {
  const start = contractEnvironment(facts, 'extra-data.d');
  const env = { ...start, PATH: `${HOST_PROGRAMS}:${start.PATH ?? ''}` };
  const folder = join(hooksFolder, 'environment.d');
  const sourced = await sourceEnvironment({ folder, env, cwd: task.request.workingFolder, scratch, nodes });
  return { DIB_DEFAULT_INSTALLTYPE: task.request.defaultInstallType, ...sourced };
}

/** What makes this image this image: two builds with the same identity put the same identifiers on their disks. */
function identityOf(
  { request }: BuilderTask,
  elements: readonly Element[],
  layoutText: string,
  repositories: string,
): string {
  const names = elements.map((element) => element.name);
  return digestOf(JSON.stringify([request.arch, names, request.packages, layoutText, repositories]));
}

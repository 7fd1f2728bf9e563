import type { Firmware, FirmwareFiles } from './firmware.ts';

/** How the guest's instructions run: by the processor, or translated by QEMU, which works everywhere and is slow. */
export type Accelerator = 'kvm' | 'tcg';

/** A machine for QEMU to run. */
export interface MachineSpec {
  readonly disk: { readonly path: string; readonly format: string; readonly sectorSize: 512 | 4096 };
  readonly firmware: Firmware;
  /** Undefined for the BIOS. */
  readonly firmwareFiles?: FirmwareFiles;
  readonly accelerator: Accelerator;
  readonly memoryMib: number;
  readonly cpus: number;
  /** Path of a second, read-only disk. */
  readonly seed?: string;
  /** Port of the host's loopback that leads to port 22 of the guest. */
  readonly sshPort?: number;
  /** `stdio` is for a pipe; `terminal` is for a person, with the monitor behind Ctrl-A. */
  readonly console: 'stdio' | 'terminal';
}

/**
 * Arguments of `qemu-system-x86_64` for a machine with nothing it does not need: a serial console, one disk, a network behind NAT. Pure.
 * A guest that restarts ends QEMU, so that a crash is not repeated for ever.
 */
export function qemuArguments(spec: MachineSpec): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    // Without graphics the BIOS talks on the serial console, and a disk that does not start is known at once.
    ...['-machine', `q35,graphics=off${spec.firmware === 'uefi-secure' ? ',smm=on' : ''}`],
    ...acceleratorArguments(spec.accelerator),
    ...['-smp', String(spec.cpus), '-m', String(spec.memoryMib)],
    ...(spec.console === 'terminal' ? ['-serial', 'mon:stdio'] : ['-serial', 'stdio', '-monitor', 'none']),
    ...firmwareArguments(spec),
    ...diskArguments(spec.disk),
    ...(spec.seed === undefined ? [] : seedArguments(spec.seed)),
    ...networkArguments(spec.sshPort),
    ...['-device', 'virtio-rng-pci'],
  ];
}

function acceleratorArguments(accelerator: Accelerator): string[] {
  // Under TCG a processor without some feature of `max` breaks Debian's userland.
  return accelerator === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}

function diskArguments({ path, format, sectorSize }: MachineSpec['disk']): string[] {
  const sectors = `logical_block_size=${sectorSize},physical_block_size=${sectorSize}`;
  return [
    ...['-drive', `file=${escapeComma(path)},format=${format},if=none,id=disk0,discard=unmap`],
    // 0 is what QEMU gives to a kernel of `-kernel`.
    ...['-device', `virtio-blk-pci,drive=disk0,bootindex=1,${sectors}`],
  ];
}

/** Behind the disk, so that the guest finds the disk first. */
function seedArguments(path: string): string[] {
  const drive = `file=${escapeComma(path)},format=raw,if=none,id=seed,readonly=on`;
  return ['-drive', drive, '-device', 'virtio-blk-pci,drive=seed'];
}

function firmwareArguments({ firmware, firmwareFiles }: MachineSpec): string[] {
  if (firmwareFiles === undefined) return [];
  const { code, variables } = firmwareFiles;
  const secure = ['-global', 'driver=cfi.pflash01,property=secure,value=on'];
  return [
    ...(firmware === 'uefi-secure' ? secure : []),
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${escapeComma(code)}`],
    // Each boot begins with the variables of a new machine: kept ones name the disks of another one.
    ...['-drive', `if=pflash,unit=1,format=raw,snapshot=on,file=${escapeComma(variables)}`],
  ];
}

function networkArguments(sshPort: number | undefined): string[] {
  const forward = sshPort === undefined ? '' : `,hostfwd=tcp:127.0.0.1:${sshPort}-:22`;
  return ['-netdev', `user,id=net0${forward}`, '-device', 'virtio-net-pci,netdev=net0,romfile='];
}

/** QEMU's option parser takes a doubled comma for one. */
function escapeComma(path: string): string {
  return path.replaceAll(',', ',,');
}

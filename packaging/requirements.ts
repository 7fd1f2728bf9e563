import { HOST_TOOLS, type HostTool } from '../src/host/tools.ts';

/** How badly a package needs something of the machine. */
export type Strength = 'required' | 'recommended' | 'suggested';

const STRENGTHS: Readonly<Record<HostTool['use'], Strength>> = {
  build: 'required',
  rootless: 'recommended',
  device: 'recommended',
  elements: 'recommended',
  boot: 'suggested',
  service: 'suggested',
};

/** Debian's packages that the host tools of one strength are in, without those of a greater one, in order of their names. */
export function debRequirements(strength: Strength): readonly string[] {
  const stronger: Readonly<Record<Strength, readonly Strength[]>> = {
    required: [],
    recommended: ['required'],
    suggested: ['required', 'recommended'],
  };
  const before = new Set(stronger[strength].flatMap(packagesOf));
  return packagesOf(strength).filter((name) => !before.has(name));
}

/**
 * What an RPM says of one strength. Distributions do not agree on names of packages, but on those of programs; some have a program in
 * `/usr/bin` that others have in `/usr/sbin`. Files other than programs are Debian's, but for keyrings.
 */
export function rpmRequirements(strength: Strength): readonly string[] {
  const paths = toolsOf(strength).flatMap(({ command, file }) => {
    if (file === undefined) return [`(/usr/bin/${command} or /usr/sbin/${command})`];
    return file.startsWith('/usr/share/keyrings/') ? [file] : [];
  });
  return sorted(paths);
}

function packagesOf(strength: Strength): readonly string[] {
  return sorted(toolsOf(strength).map((tool) => tool.package));
}

function toolsOf(strength: Strength): readonly HostTool[] {
  return HOST_TOOLS.filter((tool) => STRENGTHS[tool.use] === strength);
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

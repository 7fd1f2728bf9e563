import type { Element } from '../model/element.ts';
import type { Environment } from '../model/request.ts';
import { forecastPackageWishes } from './package-installs.ts';
import { readPackageWishes } from './package-installs-file.ts';
import { mapWantedPackages } from './package-maps.ts';

/**
 * Every package that the elements' `package-installs` files will install in any phase, by the distribution's names and in byte order: what
 * can be fetched before anything is installed. It is a forecast: hooks may still change variables and maps.
 * @param env environment of the build as far as it is known
 * @throws IngotError `DEFINITION_INVALID` when a file cannot be understood
 */
export async function declaredPackages(elements: readonly Element[], env: Environment): Promise<readonly string[]> {
  const { wishes } = await readPackageWishes(elements);
  const wanted = Object.values(forecastPackageWishes(wishes, env)).flatMap(({ install }) => install);
  const distribution = { distro: env.DISTRO_NAME ?? '', release: env.DIB_RELEASE };
  return await mapWantedPackages(wanted, { elements }, distribution);
}

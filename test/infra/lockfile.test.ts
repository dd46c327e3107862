import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Scenario 75: whoever takes over a package, or the host that it comes from, cannot change what is installed. */

type Locked = {
  version?: string;
  /** Where it came from; absent: the registry that is set. */
  resolved?: string;
  integrity?: string;
  /** It comes inside of another package, under that one's integrity. */
  inBundle?: boolean;
  hasInstallScript?: boolean;
};
type Wanted = {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const wanted = JSON.parse(read('package.json')) as Wanted;
const { '': root, ...packages } = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> })
  .packages;

const isPinned = ({ resolved, integrity, inBundle }: Locked): boolean =>
  inBundle === true ||
  (/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') &&
    (resolved === undefined || resolved.startsWith('https://registry.npmjs.org/')));

describe('what is installed (scenario 75)', () => {
  it('is pinned by its content, whoever serves it', () => {
    expect(Object.keys(packages).length).toBeGreaterThan(0);
    expect(Object.entries(packages).filter(([, one]) => !isPinned(one))).toEqual([]);
  });

  it.each([
    ['no integrity', {}],
    ['a hash that can be forged', { integrity: 'sha1-XRKFFd8TT/Mn6QpMk/Tgd6U2NB8=' }],
    ['another host', { integrity: `sha512-${'A'.repeat(86)}==`, resolved: 'https://registry.example/zod.tgz' }],
    ['a repository', { integrity: `sha512-${'A'.repeat(86)}==`, resolved: 'git+ssh://git@github.example/zod.git' }],
  ])('is not pinned by %s', (_, locked) => {
    expect(isPinned(locked)).toBe(false);
  });

  it('is asked for in exact versions, the same in both files, so that a changed one is refused', () => {
    const { dependencies, devDependencies, optionalDependencies } = wanted;
    expect(root).toMatchObject({ dependencies, devDependencies, optionalDependencies });
    const asked = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    for (const [name, version] of asked) expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
    // `npm ci` installs what the lockfile says, or nothing.
    expect(read('.ci/run')).toMatch(/^npm ci$/m);
  });

  it('runs nothing while it is installed but what is named here', () => {
    const scripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripts.map(([name]) => name)).toEqual(['node_modules/esbuild']);
  });
});

import { dirname } from 'node:path';

/**
 * An esbuild plugin that puts `contents` in the place of each `module`, of which `?loaded` is the original. It fails the build
 * when a module that it replaces is not there any more.
 */
export const lean = (replaced) => ({
  name: 'lean',
  setup(build) {
    const met = new Set();
    build.onResolve({ filter: /\?loaded$/ }, ({ path, resolveDir }) =>
      build
        .resolve(path.replace('?loaded', ''), { resolveDir, kind: 'require-call' })
        .then((found) => ({ ...found, suffix: '?loaded' })),
    );
    for (const { module, contents } of replaced) {
      build.onLoad({ filter: module }, ({ path, suffix }) => {
        if (suffix === '?loaded') return undefined;
        met.add(module);
        return { contents, loader: 'js', resolveDir: dirname(path) };
      });
    }
    build.onEnd(() => {
      const errors = replaced
        .filter(({ module }) => !met.has(module))
        .map(({ module }) => ({
          text: `nothing matches ${module}`,
        }));
      return { errors };
    });
  },
});

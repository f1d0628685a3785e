import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/*
 * Bundles the command and the engine into dist/: two small entries that any Node can read, and under them what esbuild
 * makes of src/. Each entry refuses an old Node in plain words, and lets Node keep its compiled code, which spares a
 * third of the start.
 */

const home = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(home, 'dist')
const fresh = join(home, `dist.${process.pid}`)
const PROGRAMS = { pelago: 'src/cli/main.ts', engine: 'src/daemon/main.ts' }

try {
  await build({
    absWorkingDir: home,
    entryPoints: Object.entries(PROGRAMS).map(([name, path]) => ({ in: path, out: join('chunks', name) })),
    outdir: fresh,
    chunkNames: 'chunks/[hash]',
    bundle: true,
    splitting: true, // what a command does not need is not loaded
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['koffi'], // a native module, looked up in node_modules
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: true, // an error's name is its class's
    legalComments: 'none',
    banner: { js: "import { createRequire as pelagoCreateRequire } from 'node:module'; const require = pelagoCreateRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  for (const name of Object.keys(PROGRAMS)) writeFileSync(join(fresh, `${name}.js`), entry(name))
  mkdirSync(target, { recursive: true })
  rmSync(target, { recursive: true })
  renameSync(fresh, target)
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

function entry(name: string): string {
  return `import module from 'node:module'
import { homedir } from 'node:os'
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('pelago: Node ' + process.version + ' is too old\\nhint: install Node 24 or newer, or let PELAGO_NODE name one')
  process.exit(125)
}
module.enableCompileCache((process.env.XDG_CACHE_HOME || homedir() + '/.cache') + '/pelago/compiled')
await import('./chunks/${name}.js')
`
}

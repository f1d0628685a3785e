import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions, type Plugin } from 'esbuild'

/*
 * Bundles the command and the engine into dist/, or into the folder that is named: for each a small entry that any Node can read, and one file with all
 * of its modules, which are initialized when they are first asked for. CommonJS, and few files, since Node's ES module
 * loader takes longer for them than they do to run; what is bundled may therefore not await at its top level. Each
 * entry refuses an old Node in plain words, and lets Node keep its compiled code, which spares a third of the start.
 */

const home = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = resolve(process.argv[2] ?? join(home, 'dist'))
const fresh = `${target}.${process.pid}`
const PROGRAMS = { pelago: 'src/cli/main.ts', engine: 'src/daemon/main.ts' }
/** Large, and most commands do without: a file of its own. */
const APART = ['undici']

const shared: BuildOptions = {
  absWorkingDir: home,
  outdir: join(fresh, 'parts'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'error' }, // it would be nothing in the bundle
}

try {
  await build({ ...shared, entryPoints: APART.map((name) => ({ in: name, out: name })) })
  await build({
    ...shared,
    entryPoints: Object.entries(PROGRAMS).map(([name, path]) => ({ in: path, out: name })),
    external: ['koffi', '@sigstore/*'], // looked up in node_modules: a native module, and what few commands need
    plugins: [leaveApart()],
    define: { 'import.meta.url': 'pelagoUrl' },
    banner: { js: "const pelagoUrl=require('node:url').pathToFileURL(__filename).href;" },
  })
  writeFileSync(join(fresh, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`)
  for (const name of Object.keys(PROGRAMS)) {
    keepNarrow(join(fresh, 'parts', `${name}.js`))
    requireNames(join(fresh, 'parts', `${name}.js`))
    writeFileSync(join(fresh, `${name}.js`), entry(name, readFileSync(join(fresh, 'parts', `${name}.js`))))
  }
  mkdirSync(target, { recursive: true })
  rmSync(target, { recursive: true })
  renameSync(fresh, target)
} finally {
  rmSync(fresh, { recursive: true, force: true })
}

function leaveApart(): Plugin {
  return {
    name: 'leave apart',
    setup(bundler) {
      bundler.onResolve({ filter: new RegExp(`^(?:${APART.join('|')})$`) }, ({ path }) => ({ path: `./${path}.js`, external: true }))
    },
  }
}

/**
 * An error's name is its class's, which esbuild changes only where two have one, or a class speaks of itself. It could
 * keep all names, but then every function that is made, at the start and in each call, has its name set: a sixth of what
 * a command computes. What extends Error itself is a library's, and says its name.
 */
function requireNames(path: string): void {
  const [changed] = /\b[A-Z]\w*Error\d+ ?= ?class\b|\bclass (?:_\w*Error|[A-Z]\w*Error\d+) extends (?!Error\b)/.exec(readFileSync(path, 'utf8')) ?? []
  if (changed !== undefined) throw new Error(`an error would lose its name, since another has it or its class speaks of itself: ${changed}`)
}

/**
 * What runs is kept in memory as text, with two bytes for each character where one of them needs it. esbuild spells them
 * out, but for those of regular expressions.
 */
function keepNarrow(path: string): void {
  const spelt = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/[^\0-\x7f]/g, spelt))
}

/** It is by their entry that processes which wait tell versions apart: so that a copy takes it anew, it names its modules. */
function entry(name: string, modules: Uint8Array): string {
  return `'use strict'
// ${createHash('sha256').update(modules).digest('hex')}
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('pelago: Node ' + process.version + ' is too old\\nhint: install Node 24 or newer, or let PELAGO_NODE name one')
  process.exit(125)
}
require('node:module').enableCompileCache((process.env.XDG_CACHE_HOME || require('node:os').homedir() + '/.cache') + '/pelago/compiled')
require('./parts/${name}.js')
`
}

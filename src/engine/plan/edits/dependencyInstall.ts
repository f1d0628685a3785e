import type { ShellCommand } from '../../../dockerfile/lint/shellCommands.ts'
import type { ContextView } from './editSubject.ts'

/** What a command that installs dependencies reads of the context, and where what it downloads can be kept. */
export interface DependencyInstall {
  /** `npm ci` */
  readonly name: string
  /** Files that it reads, those that are there; undefined where it may read more. */
  readonly reads: (context: ContextView) => readonly string[] | undefined
}

const NODE_LOCKS = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb', '.npmrc', '.yarnrc']

/** Undefined where `command` is none, or one of which it is not certain. */
export function dependencyInstallOf({ words }: ShellCommand): DependencyInstall | undefined {
  const [program = '', ...args] = words
  const plain = args.filter((word) => !word.startsWith('-'))
  if (['npm', 'pnpm', 'bun', 'yarn'].includes(program)) return nodeInstall(program, plain)
  if (program === 'go' && plain.join(' ') === 'mod download') return { name: 'go mod download', reads: readsOfGo }
  return /^pip3?$/.test(program) && plain[0] === 'install' ? pipInstall(program, args.slice(args.indexOf('install') + 1)) : undefined
}

/** Of what the manifest names: an install that names packages is something else. */
function nodeInstall(program: string, [verb = '', ...packages]: readonly string[]): DependencyInstall | undefined {
  const isInstall = ['ci', 'install', 'i'].includes(verb) || (program === 'yarn' && verb === '')
  return isInstall && packages.length === 0 ? { name: `${program} ${verb}`.trim(), reads: readsOfNode } : undefined
}

/** Scripts of the package itself run when it is installed, and may read anything; so may packages of the same repository. */
function readsOfNode({ text }: ContextView): readonly string[] | undefined {
  const manifest = text('package.json')
  if (manifest === undefined || /"(?:preinstall|install|postinstall|prepare|prepublish|workspaces)"\s*:|"(?:file|link|workspace|portal):/.test(manifest)) return undefined
  return ['package.json', ...NODE_LOCKS.filter((name) => text(name) !== undefined)]
}

function readsOfGo({ text }: ContextView): readonly string[] | undefined {
  const manifest = text('go.mod')
  if (manifest === undefined || /=>\s*\.{1,2}\//.test(manifest) || text('go.work') !== undefined) return undefined
  return ['go.mod', ...(text('go.sum') === undefined ? [] : ['go.sum'])]
}

/** Of requirement files alone, that name no folder and no other file. */
function pipInstall(program: string, args: readonly string[]): DependencyInstall | undefined {
  const files = args.flatMap((word, index) => (args[index - 1] === '-r' ? [word] : []))
  const others = args.filter((word, index) => !word.startsWith('-') && args[index - 1] !== '-r')
  if (files.length === 0 || others.length > 0 || args.includes('-e') || args.includes('-c')) return undefined
  const reads = ({ text }: ContextView): readonly string[] | undefined => (files.every((file) => isPlainList(text(file))) ? files : undefined)
  return { name: `${program} install`, reads }
}

function isPlainList(text: string | undefined): boolean {
  return text !== undefined && !/^\s*(?:-|\.|\/|file:)/m.test(text)
}

import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { FoundStart, FoundTwin } from '../findTwins.ts'
import type { SpelledCopy } from '../spelling/spelledCopy.ts'
import { LINK_FOLDER } from './twinFolder.ts'
import type { TwinStart } from './twinTable.ts'

/** Links by which the kernel is given what it executes: a process is called as the link that it was started by. */
export interface LinkPlan {
  readonly starts: readonly { readonly twin: FoundTwin; readonly start: TwinStart }[]
  /** By their path in the folder of links; each leads from there to a file of the sibling's root, or of the toolchain's. */
  readonly links: ReadonlyMap<string, string>
  /** By the same. */
  readonly copies: ReadonlyMap<string, SpelledCopy>
}

/** A folder for each file that is executed: it is one, a loader, unless there are static programs. */
export function planLinks(twins: readonly FoundTwin[]): LinkPlan {
  const ways = twins.flatMap(allWays)
  const executed = [...new Set(ways.map(executedBy))]
  const folderOf = (way: FoundStart): string => String(executed.indexOf(executedBy(way)))
  const links = new Map(ways.flatMap((way) => way.calledAs.map((name) => [`${folderOf(way)}/${name}`, relative(join(LINK_FOLDER, folderOf(way)), executedBy(way))] as const)))
  const startOf = (way: FoundStart): TwinStart => ({ linkFolder: `${LINK_FOLDER}/${folderOf(way)}/`, link: way.calledAs[0], call: way.call, words: way.start.words, otherwise: way.otherwise && startOf(way.otherwise) })
  return { starts: twins.map((twin) => ({ twin, start: startOf(twin) })), links, copies: new Map(ways.flatMap(({ start: { copies = [] } }) => copies.map((copy) => [copy.path, copy] as const))) }
}

function allWays(way: FoundStart): readonly FoundStart[] {
  return [way, ...(way.otherwise === undefined ? [] : allWays(way.otherwise))]
}

function executedBy({ start: { folder, executed } }: FoundStart): string {
  return join(folder, executed)
}

/** Makes the folder `folder`. */
export async function writeLinks(folder: string, links: LinkPlan['links']): Promise<void> {
  for (const name of new Set([...links.keys()].map((path) => path.slice(0, path.indexOf('/'))))) await mkdir(join(folder, name), { recursive: true })
  for (const [path, target] of links) await symlink(target, join(folder, path))
}

/** Anybody in the step may add to it. */
export async function writeCountFile(path: string): Promise<void> {
  await writeFile(path, '')
  await using file = await open(path, 'r+')
  await file.chmod(0o666) // whatever the umask says
}

/** Letters as native/twin/twin.c writes them; anything else is not its. */
export function parseCount(letters: string): { readonly native: number; readonly emulated: number } {
  const count = (letter: string): number => letters.split(letter).length - 1
  const failed = count('x')
  return { native: Math.max(0, count('n') - failed), emulated: count('e') + failed }
}

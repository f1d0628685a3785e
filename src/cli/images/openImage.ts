import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BuildError } from '../../ground/errors.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import type { CommandContext } from '../command.ts'
import type { OpenedImage } from './openedImage.ts'

/**
 * Opens what `text` stands for: the folder of an OCI layout or the file of an image archive where there is such a path,
 * with `:TAG` or `@DIGEST` behind it where it holds several images; else a name of the local store; else one of a registry.
 * @throws ImageFileMissingError; ImageInvalidError; ImageChoiceError; RegistryError; InvalidValueError where it is no name either
 */
export async function openImage(text: string, context: CommandContext, signal: AbortSignal): Promise<OpenedImage> {
  return (await openPath(text, context, signal)) ?? (await openLocal(text, context, signal)) ?? (await openRemote(text, context, signal))
}

async function openPath(text: string, context: CommandContext, signal: AbortSignal): Promise<OpenedImage | undefined> {
  for (const { written, selector } of readPath(text)) {
    const path = resolve(context.workingFolder, written)
    const found = await stat(path).catch(() => undefined)
    const { openArchive, openLayout, isLayout } = await import('./imageFile.ts')
    if (found?.isFile() === true && looksLikeFile(written)) return await openArchive({ path, name: text, selector }, context, signal)
    if (found?.isDirectory() === true && (await isLayout(path))) return await openLayout({ path, name: text, selector })
  }
  if (/^\.{0,2}\//.test(text)) throw new ImageFileMissingError(`no OCI layout and no archive at ${text}`)
  return undefined
}

interface WrittenPath {
  readonly written: string
  readonly selector: string | undefined
}

/** The ways to read it: all of it is the path, or all but what chooses an image in it. */
function readPath(text: string): readonly WrittenPath[] {
  const [, written, selector = ''] = /^(.+?)(@sha256:[0-9a-f]{64}|:[^:/@]+)$/.exec(text) ?? []
  return [{ written: text, selector: undefined }, ...(written === undefined ? [] : [{ written, selector: selector.replace(/^:/, '') }])]
}

/** `app` is a name, though a program of that name may lie there. */
function looksLikeFile(path: string): boolean {
  return /[./]/.test(path)
}

/** What is written as a path, and is none. */
export class ImageFileMissingError extends BuildError {
  readonly kind = 'not-found'
}

/** Undefined where the engine has no such image, or no local store at all. */
async function openLocal(text: string, context: CommandContext, signal: AbortSignal): Promise<OpenedImage | undefined> {
  const [{ openEngine }, { createEngineBlobs }, { findLocalImage }] = await Promise.all([import('../engine.ts'), import('../../driver/engineBlobs.ts'), import('./findLocalImage.ts')])
  const reference = parseReference(text)
  await using undo = new AsyncDisposableStack()
  const engine = undo.use(await openEngine(context, signal))
  const root = await findLocalImage(engine, reference, signal)
  if (root === undefined) return undefined
  const held = undo.move()
  return { from: 'local store', name: text, root, store: createEngineBlobs(engine), [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function openRemote(text: string, context: CommandContext, signal: AbortSignal): Promise<OpenedImage> {
  const [{ openRegistry }, { createRegistryBlobs }] = await Promise.all([import('../registry/registryAccess.ts'), import('../../registry/registryBlobs.ts')])
  const reference = parseReference(text)
  await using undo = new AsyncDisposableStack()
  const registry = undo.use(await openRegistry(context))
  const root = await registry.resolve(reference, signal)
  const held = undo.move()
  return { from: 'registry', name: formatReference(reference), root, store: createRegistryBlobs(registry, reference, root), [Symbol.asyncDispose]: () => held.disposeAsync() }
}

import type { Digest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { Platform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { DiffOp, ExecOp, FileOp, GitSource, HttpSource, ImageBlobSource, LocalSource, MergeOp, Output, VertexNote } from '../../graph/vertex.ts'

/**
 * A definition (LLB) of a client's own, read and checked: a graph in which images are not looked up yet, and whose
 * vertices have the names that the client gave them: the digests of their bytes.
 */
export interface ClientGraph {
  /** Only what the result stands on, inputs before what uses them. */
  readonly vertices: ReadonlyMap<Digest, ClientVertex>
  /** Undefined is an empty file system. */
  readonly root: Output | undefined
}

export interface ClientVertex {
  readonly digest: Digest
  readonly op: ClientOp
  /** By the client's digests. */
  readonly inputs: readonly Output[]
  /** What each output is. */
  readonly outputs: readonly ClientOutput[]
  /** Undefined where the client names none. */
  readonly platform: Platform | undefined
  readonly note: VertexNote
  /** By which worker it wants to be done (`workerFilter.ts`); absent is any. */
  readonly constraints?: readonly string[]
}

/** An output may be an input as it is: of a mount that cannot be written to, or of what only passes things through. */
export type ClientOutput = { readonly kind: 'own'; readonly index: number } | { readonly kind: 'input'; readonly index: number }

export type ClientOp = ClientSourceOp | ExecOp | FileOp | MergeOp | DiffOp | PassthroughOp | BuildOp

export interface ClientSourceOp {
  readonly kind: 'source'
  readonly source: ClientSource
}

export type ClientSource = ClientImage | ClientLayout | ClientBlob | ClientFolder | HttpSource | GitSource | MadeResult

/** Nothing of its own: each output is an input. */
export interface PassthroughOp {
  readonly kind: 'passthrough'
}

/** What a definition comes to that is in a file of an input. */
export interface BuildOp {
  readonly kind: 'build'
  /** Which of the vertex's inputs. */
  readonly input: number
  readonly filename: string
}

/** `docker-image://`, still to be looked up. */
export interface ClientImage {
  readonly kind: 'image'
  readonly reference: string
  readonly resolveMode: 'default' | 'pull' | 'local'
  /** How many of its layers, from the lowest; undefined is all. */
  readonly layerLimit: number | undefined
}

/** `oci-layout://`: an image of a layout that the client has. */
export interface ClientLayout {
  readonly kind: 'layout'
  /** With its digest, `oci-layout://store@sha256:…` */
  readonly reference: string
  /** Whose layout it is; '' is that of the session that solves. */
  readonly sessionId: string
  readonly layerLimit: number | undefined
}

/** A blob of an image, or of a layout. `sessionId` '' is the session that solves. */
export type ClientBlob = ImageBlobSource

/** A folder of the client. `sessionId` '' is the session that solves. */
export type ClientFolder = LocalSource

/** What another build of the engine has come to, by the id that the engine gave it. */
export interface MadeResult {
  readonly kind: 'result'
  readonly id: string
}

/** A definition that says nothing that could be built. */
export class DefinitionError extends InvalidValueError {
  /** Where the client says that it is from. */
  readonly span: SourceSpan | undefined
  constructor(message: string, options: { readonly hint?: string | undefined; readonly span?: SourceSpan | undefined; readonly cause?: unknown } = {}) {
    super(message, options)
    this.span = options.span
  }
}

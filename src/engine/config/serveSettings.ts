import { deserialize, serialize } from 'node:v8'
import type { EngineConfig } from './engineConfig.ts'

/** What an engine is told that serves others, by the command that starts it. */
export interface ServeSettings {
  readonly listeners: readonly Listener[]
  /** For TCP; undefined where none of the listeners needs it. */
  readonly tls: ServerTls | undefined
  readonly config: EngineConfig
}

/** Where an engine takes connections. */
export type Listener =
  /** `isShared`: others than the engine's own user are let in. */
  | { readonly kind: 'unix'; readonly path: string; readonly isShared: boolean }
  /** Port 0 is any that is free. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** A socket that listens already, inherited under this number. */
  | { readonly kind: 'inherited'; readonly fd: number; readonly name: string }

/** PEM. Who connects has a certificate of one of the `authorities`. */
export interface ServerTls {
  readonly certificate: string
  readonly key: string
  readonly authorities: string
}

/** From one process to another of the same program: a private key is in it, so by a pipe. */
export function formatServeSettings(settings: ServeSettings): Uint8Array {
  return serialize(settings)
}

/** Of bytes that `formatServeSettings` of the same version made. */
export function parseServeSettings(bytes: Uint8Array): ServeSettings {
  return deserialize(bytes) as ServeSettings
}

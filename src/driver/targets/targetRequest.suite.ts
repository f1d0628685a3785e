import type { BuildRequest } from '../driver.ts'

/** A request of nothing, but for what a test is about. */
export function buildRequest(parts: Partial<BuildRequest>): BuildRequest {
  return {
    frontend: 'dockerfile.v0',
    attributes: new Map(),
    folders: new Map(),
    files: new Map(),
    uploads: new Map(),
    stores: new Map(),
    writableStores: new Set(),
    outputs: [],
    secrets: new Map(),
    agents: new Map(),
    credentials: { credentials: async () => undefined },
    entitlements: [],
    cacheImports: [],
    cacheExports: [],
    ...parts,
  }
}

import { readFileSync } from 'node:fs'
import type { ContextFiles } from '../pelago.ts'

const BUSYBOX = '/usr/bin/busybox'

/** A context for builds that need no base image: over `scratch` with the machine's own static busybox, then `steps`. */
export function busyboxContext(steps: readonly string[], files: ContextFiles = {}): ContextFiles {
  const dockerfile = ['FROM scratch', 'COPY --chmod=755 busybox /bin/busybox', 'COPY --chmod=755 busybox /bin/sh', 'ENV PATH=/bin', 'WORKDIR /work', 'RUN busybox --install -s /bin || busybox true', ...steps]
  return { ...files, busybox: readFileSync(BUSYBOX), Dockerfile: `${dockerfile.join('\n')}\n`, '.dockerignore': 'Dockerfile' }
}

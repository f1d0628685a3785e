import { ACCELERATE_FLAG } from '../build/accelerate.ts'
import type { FlagTable, FlagValues } from '../flags/flags.ts'
import { PROGRESS_MODES } from '../render/progressMode.ts'

/** The flags of `docker buildx bake`. */
export const BAKE_FLAGS = {
  accelerate: ACCELERATE_FLAG,
  allow: { kind: 'list', value: 'ENTITLEMENT', help: 'Let the definition have what it asks for: fs.read=PATH, fs.write=PATH, fs=PATH, ssh, network.host, security.insecure, device; PATH may be *' },
  call: { kind: 'text', value: 'METHOD', help: 'What to do with the Dockerfiles: build, check, outline or targets (default build)' },
  check: { kind: 'switch', help: 'Check the Dockerfiles instead of building them: short for --call=check' },
  file: { kind: 'list', short: 'f', value: 'PATH', help: 'A definition, several on top of each other; - is stdin; cwd://PATH is one of here, where the others are remote' },
  list: { kind: 'text', value: 'WHAT', help: 'List targets or variables; type=WHAT,format=json for scripts' },
  load: { kind: 'switch', help: 'Load the images into Docker or Podman: short for --set=*.load=true' },
  'metadata-file': { kind: 'text', value: 'PATH', help: 'Write what the builds came to to a file, as JSON' },
  'no-cache': { kind: 'switch', isOptional: true, help: 'Run every step anew' },
  print: { kind: 'switch', help: 'Print what would be built, as JSON, and build nothing' },
  progress: { kind: 'text', value: 'MODE', help: 'How progress is shown', choices: PROGRESS_MODES, fallback: 'auto', variable: 'BUILDKIT_PROGRESS' },
  provenance: { kind: 'text', value: 'VALUE', help: 'Short for --set=*.attest=type=provenance' },
  pull: { kind: 'switch', isOptional: true, help: 'Ask the registry for base images even where they are here' },
  push: { kind: 'switch', help: 'Push the images: short for --set=*.push=true' },
  sbom: { kind: 'text', value: 'VALUE', help: 'Short for --set=*.attest=type=sbom' },
  set: { kind: 'list', value: 'TARGET.KEY=VALUE', help: 'Override what a target says; TARGET may be a pattern, += adds to a list' },
  var: { kind: 'list', value: 'NAME=VALUE', help: 'Set a variable of the definition, before the environment' },
} as const satisfies FlagTable

export type BakeFlags = FlagValues<typeof BAKE_FLAGS>

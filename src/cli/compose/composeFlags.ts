import type { FlagTable, FlagValues } from '../flags/flags.ts'
import { PROGRESS_MODES } from '../render/progressMode.ts'

/** The flags of every command of `pelago compose`, before or behind its name: they say which project it is about. */
export const COMPOSE_FLAGS = {
  'all-resources': { kind: 'switch', help: 'Take networks, volumes, secrets and configs too that no service has to do with' },
  'env-file': { kind: 'list', value: 'PATH', help: 'File of variables, instead of .env (default $COMPOSE_ENV_FILES)' },
  file: { kind: 'list', short: 'f', value: 'PATH', help: 'Compose file; a later one changes those before it, - is stdin (default $COMPOSE_FILE, else compose.yaml here or above)' },
  profile: { kind: 'list', value: 'NAME', help: 'Enable the services of a profile; * is all (default $COMPOSE_PROFILES)' },
  progress: { kind: 'text', value: 'MODE', help: 'How progress is shown', choices: PROGRESS_MODES, fallback: 'auto', variable: 'COMPOSE_PROGRESS' },
  'project-directory': { kind: 'text', value: 'PATH', help: 'Folder that paths are relative to (default that of the first Compose file)' },
  'project-name': { kind: 'text', short: 'p', value: 'NAME', help: 'Name of the project (default $COMPOSE_PROJECT_NAME, else the file\'s name:, else the folder\'s)' },
} as const satisfies FlagTable

export type ComposeFlags = FlagValues<typeof COMPOSE_FLAGS>

/** Flags of `docker compose` that are refused by name. */
export const UNSUPPORTED_COMPOSE_FLAGS = [
  ['ansi', 'NO_COLOR=1 takes the colours away'],
  ['compatibility', 'it is for names of Compose before version 2'],
  ['dry-run', 'pelago compose config shows what would be done'],
  'parallel',
  'verbose',
  ['workdir', 'write --project-directory'],
] as const

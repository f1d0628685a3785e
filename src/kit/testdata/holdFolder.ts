import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTempFolder } from '../files/tempFolder.ts'

/* Owns a folder in the one it is given, says its name and waits to be killed. */
const [parent = ''] = process.argv.slice(2)
const folder = createTempFolder(parent)
writeFileSync(join(folder.path, 'work'), 'half done')
process.stdout.write(folder.name)
setInterval(() => undefined, 1000)

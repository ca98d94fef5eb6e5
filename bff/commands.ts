import type { AccessCommand } from './access.ts'
import { configTable, helpText } from './config/help.ts'
import { masked } from './config/mask.ts'
import { nearest } from './config/sources.ts'
import type { Config, Role } from './config.ts'
import { ConfigError, readConfig } from './config.ts'
import { VERSION } from './version.ts'

const print = (text: string): void => void process.stdout.write(`${text.trimEnd()}\n`)
/** For people: the log has standard output to itself. */
const say = (text: string): void => void process.stderr.write(`${text.trimEnd()}\n`)

const commands: Record<string, (argv: readonly string[]) => unknown> = {
  serve: (argv) => withConfig(argv, async (config) => (await import('./serve.ts')).serve(config, say)),
  'db upgrade': (argv) => withConfig(argv, async (config) => (await import('./serve.ts')).upgrade(config, say)),
  'artifacts scan': (argv) => {
    const { asked, rest } = taken(argv, ['--dry-run', '--json'])
    return withConfig(rest, async (config) =>
      (await import('./scan.ts')).scan(
        config,
        { keep: !asked.has('--dry-run'), json: asked.has('--json') },
        print,
        say,
      ),
    )
  },
  'verify audit': (argv) => {
    const { head, rest } = takenHead(argv)
    if (head !== undefined && !/^[\da-f]{64}$/i.test(head))
      return refuse('--head: it is 64 hex digits, which the server writes to its log as `head`.')
    return withConfig(rest, async (config) =>
      (await import('./verify-audit.ts')).verifyAudit(config, head?.toLowerCase(), print, say),
    )
  },
  'access plan': (argv) => runAccess('plan', argv),
  'access apply': (argv) => runAccess('apply', argv),
  'access export': (argv) => runAccess('export', argv),
  'access policy': (argv) => runAccess('policy', argv),
  'access schema': (argv) => runAccess('schema', argv),
  core: (argv) => withConfig(argv, async (config) => (await import('./serve.ts')).serve(config, say), 'core'),
  version: () => print(`assay ${VERSION}`),
  help: () => print(helpText()),
  'help config': () => print(configTable()),
}

export async function run(argv: readonly string[]): Promise<void> {
  const words = argv.slice(0, 2).filter((word) => !word.startsWith('-'))
  const name = [words.join(' '), words[0] ?? ''].find((each) => Object.hasOwn(commands, each))
  // `mlflow server -h ADDRESS` is the address
  const asked = argv.some((word, at) => word === '--help' || (word === '-h' && /^-|^$/.test(argv[at + 1] ?? '')))
  if (asked || argv.length === 0) return print(helpText())
  if (argv[0] === '--version') return print(`assay ${VERSION}`)
  const command = name === undefined ? undefined : commands[name]
  if (name === undefined || !command) {
    const near = nearest(words.join(' '), Object.keys(commands))
    return refuse(
      `"${words.join(' ') || argv[0]}" is no command.${near ? ` Did you mean \`assay ${near}\`?` : ''} \`assay help\` lists them.`,
    )
  }
  await command(argv.slice(name.split(' ').length))
}

const runAccess = async (name: AccessCommand, argv: readonly string[]) =>
  (await import('./access.ts')).access(name, argv, print, say)

/** A command's own switches, apart from the settings that all of them have. */
const taken = (argv: readonly string[], switches: readonly string[]) => ({
  asked: new Set(argv.filter((word) => switches.includes(word))),
  rest: argv.filter((word) => !switches.includes(word)),
})

function takenHead(argv: readonly string[]) {
  const at = argv.findIndex((word) => word === '--head' || word.startsWith('--head='))
  if (at < 0) return { head: undefined, rest: argv }
  const [word = ''] = argv.slice(at)
  const length = word === '--head' ? 2 : 1
  const head = length === 2 ? (argv[at + 1] ?? '') : word.slice('--head='.length)
  return { head, rest: argv.toSpliced(at, length) }
}

async function withConfig(
  argv: readonly string[],
  work: (config: Config) => Promise<void>,
  role: Role = 'server',
): Promise<void> {
  const config = read(argv, role)
  if (!config) return
  if (config.printConfig) return print(JSON.stringify(masked({ ...config, printConfig: undefined }), undefined, 2))
  await work(config)
}

function read(argv: readonly string[], role: Role): Config | undefined {
  try {
    return readConfig(argv, process.env, role)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    refuse(error.problems.join('\n'))
    return undefined
  }
}

function refuse(text: string) {
  say(text)
  process.exitCode = 2
}

import type { Option } from './options.ts'
import { fileVariableOf, options, variableOf } from './options.ts'

const commands = `assay: a tracking server for MLflow clients

  assay serve [FLAGS]     start the server (\`npm start -- FLAGS\` is the same)
  assay core [FLAGS]      start the tracking core alone, for servers that have --tracking-url
  assay db upgrade        bring the database up to date, and stop
  assay artifacts scan    compare the artifact store with what is recorded of it, and record what is found
                          (--dry-run: record nothing; --json: a line of JSON for each finding)
  assay verify audit      read the audit from its first row, and tell where it was changed
                          (--head HASH: from the log, to tell whether its end was cut off)
  assay access plan DIR   what a folder of access files would change; leaves with 2 where there is something
  assay access apply DIR  make it so (--confirm: though much is taken away)
                          (--commit ID: the commit of the folder, where there is no git to ask)
                          (both: --json; --server URL with ASSAY_TOKEN: at a server that runs elsewhere)
  assay access export DIR write today's access as such files
  assay access policy     IAM policies for the experiments in S3, or for one (\`assay access policy NAME\`)
  assay access schema     JSON Schema of access files, for editors
  assay version           the version of this program
  assay help              this text
  assay help config       the settings as a table for the README

Flags of these commands; each is a variable too. A flag goes before ASSAY_…, and that before MLflow's own.
`

const flagOf = (o: Option): string => {
  if (o.only === 'env') return ''
  const off = o.kind === 'switch' && o.default === 'on' ? 'no-' : ''
  return `--${off}${o.name}${o.value ? ` ${o.value}` : ''}`
}

const variablesOf = (o: Option): string[] => [
  ...(o.only === 'flag' ? [] : [variableOf(o.name)]),
  ...(o.only === 'env' ? [fileVariableOf(o.name)] : []),
  ...(o.mlflow ? [o.mlflow] : []),
  ...(o.aws ?? []),
]

export function helpText(): string {
  const entries = options.map((o) => {
    const heading =
      [o.short && `-${o.short}`, flagOf(o)].filter(Boolean).join(', ') || `${variableOf(o.name)}=${o.value}`
    const names = variablesOf(o).join(', ')
    const notes = [o.default !== undefined && o.kind === 'text' && `default ${o.default}`, flagOf(o) && names]
      .filter(Boolean)
      .join('; ')
    return `  ${heading}\n      ${o.help}${notes ? `\n      (${notes})` : ''}`
  })
  return `${commands}\n${entries.join('\n')}\n`
}

export function configTable(): string {
  const code = (text: string | undefined) => (text ? `\`${text.replaceAll('|', '\\|')}\`` : '')
  const lines = options.map((o) =>
    [code(flagOf(o)), variablesOf(o).map(code).join(' '), code(o.default), o.help.replaceAll('|', '\\|')].join(' | '),
  )
  return ['| Flag | Variables | Default | Meaning |', '|---|---|---|---|', ...lines.map((line) => `| ${line} |`)].join(
    '\n',
  )
}

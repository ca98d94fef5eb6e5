/**
 * Reads what names the database. MLflow writes SQLAlchemy's spelling (`postgresql+psycopg2://`), which is the same place.
 * Returns the address as `pg` takes it, or what is wrong and how to go on.
 */
export function readDatabaseUrl(text: string): { url: string } | { problem: string } {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? ''
  const [dialect = '', driver] = scheme.split('+')
  if (dialect !== 'postgresql' && dialect !== 'postgres') return { problem: `${elsewhere(dialect)} ${wayOut}` }
  if (driver !== undefined && !/^(psycopg|psycopg2|psycopg2cffi|pg8000|asyncpg)$/.test(driver)) {
    return { problem: `The driver "${driver}" is not known. Write postgresql://user:password@host/database.` }
  }
  const rest = text.slice(scheme.length)
  const url = `postgresql${rest}`
  if (!rest.startsWith('://') || !URL.canParse(url)) {
    return {
      problem:
        'It is not a valid address. Write postgresql://user:password@host/database, with special characters in the password percent-encoded.',
    }
  }
  return { url }
}

const wayOut =
  'Set ASSAY_DATABASE_URL=postgresql://user:password@host/database, or leave it unset to use the embedded database below --data.'

function elsewhere(dialect: string): string {
  switch (dialect) {
    case 'sqlite':
      return 'SQLite is not used here, and taking over an MLflow database is an import that comes later.'
    case 'mysql':
    case 'mariadb':
    case 'mssql':
    case 'oracle':
      return `Only Postgres is supported, not ${dialect}.`
    case 'file':
    case '':
      return 'A folder of runs is not a database here, and taking it over is an import that comes later.'
    case 'http':
    case 'https':
      return 'An MLflow server is not a database; --tracking-url stands in front of one.'
    default:
      return `Only Postgres is supported, not "${dialect}".`
  }
}

import { noPostgres } from './postgres.ts'

const absent = (variable: string) => (process.env[variable] ? undefined : `${variable} is not set`)

/** What some tests need beside Node, and what happens without it. */
const services: { why: string | undefined; without: string }[] = [
  { why: absent('ASSAY_TEST_DATABASE_URL'), without: 'everything ran on the embedded database, not on Postgres' },
  { why: absent('ASSAY_TEST_S3_ENDPOINT'), without: 'artifacts went to a local folder, not to S3' },
  { why: absent('ASSAY_TEST_PYTHON'), without: 'the real Python client was left out (a Python with mlflow-skinny)' },
  { why: noPostgres, without: 'a Postgres that is killed, hangs or is full was left out' },
]

/** At the end of `npm test`: what was left out on this machine, and why. */
export function teardown() {
  const lines = services.flatMap(({ why, without }) => (why ? [`  ${without}: ${why}`] : []))
  if (lines.length > 0)
    process.stdout.write(`\nNot all was tested here; .ci/run brings the services for the rest:\n${lines.join('\n')}\n`)
}

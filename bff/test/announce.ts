import { noPostgres } from './postgres.ts'

const absent = (variable: string) => (process.env[variable] ? undefined : `${variable} is not set`)

/** What some tests need beside Node, and what happens without it. */
const services: { why: string | undefined; without: string }[] = [
  { why: absent('ASSAY_TEST_DATABASE_URL'), without: 'everything ran on the embedded database, not on Postgres' },
  { why: absent('ASSAY_TEST_S3_ENDPOINT'), without: 'artifacts went to a local folder, not to S3' },
  { why: absent('ASSAY_TEST_RELAY'), without: 'the core was in the process of the server, not behind it' },
  { why: absent('ASSAY_TEST_MLFLOW_URL'), without: 'standing in front of a real MLflow server was left out' },
  { why: absent('ASSAY_TEST_MLFLOW_SIGN_IN_URL'), without: 'the same of one that asks who it is was left out' },
  { why: absent('ASSAY_TEST_MOTO_URL'), without: 'S3 credentials and policies at an STS and IAM server were left out' },
  {
    why: absent('ASSAY_TEST_PYTHON'),
    without:
      'the newest Python client was left out (a Python with mlflow-skinny, scikit-learn, pandas, matplotlib, psutil, boto3)',
  },
  {
    why: absent('ASSAY_TEST_OLD_PYTHON'),
    without: 'the oldest Python client was left out (the same with mlflow-skinny 3.6)',
  },
  {
    why: absent('ASSAY_TEST_AUTH_PYTHON'),
    without: 'the newest AuthServiceClient was left out (a Python with mlflow[auth])',
  },
  {
    why: absent('ASSAY_TEST_OLD_AUTH_PYTHON'),
    without: 'the oldest AuthServiceClient was left out (the same with mlflow[auth] 3.6 and SQLAlchemy 2.0)',
  },
  {
    why: absent('ASSAY_TEST_JAVA_CLASSPATH'),
    without: 'the Java client was left out (java, and the jars of mlflow-client)',
  },
  { why: noPostgres, without: 'a Postgres that is killed, hangs or is full was left out' },
]

/** At the end of `npm test`: what was left out on this machine, and why. */
export function teardown() {
  const lines = services.flatMap(({ why, without }) => (why ? [`  ${without}: ${why}`] : []))
  if (lines.length > 0)
    process.stdout.write(`\nNot all was tested here; .ci/run brings the services for the rest:\n${lines.join('\n')}\n`)
}

# Steps, their clock, their count, and the services they use. Sourced by .ci/run.

versitygw_version=v1.8.0
mlflow_version=3.17.2
old_mlflow_version=3.6.0
java_client_version=2.17.2
moto_version=5.2.1
# Built and downloaded things are kept between runs; without the folder they are simply made again.
cache=${CI_CACHE:-/var/cache/assay-ci}
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-ci.XXXXXX")
results=$work/results
mkdir -p "$cache" "$results"
chmod 755 "$work"
services=()
started=$SECONDS

stop_services() {
  # Python in the background does not hear the first.
  for signal in INT TERM; do
    for pid in "${services[@]}"; do kill -$signal -- "$pid" 2>/dev/null; done
  done
  wait 2>/dev/null
}
trap stop_services EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

# record NAME SECONDS EXIT [VITEST_REPORT]
record() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >>"$results/steps.tsv"; }

# step NAME COMMAND…: runs it here; one step is one thing that passes or fails.
step() {
  local name=$1 from=$SECONDS code
  shift
  say "$name"
  "$@" </dev/null
  code=$?
  record "$name" $((SECONDS - from)) $code
  [ $code = 0 ] || say "FAILED ($code): $name"
}

# parallel NAME COMMAND…: the same beside others, printed when all are done.
jobs_names=() jobs_pids=()
parallel() {
  local name=$1 log
  shift
  log=$work/job-${#jobs_names[@]}
  (
    from=$SECONDS
    "$@" </dev/null >"$log.log" 2>&1
    echo $? $((SECONDS - from)) >"$log.end"
  ) &
  jobs_names+=("$name") jobs_pids+=($!)
}

join_parallel() {
  local i code seconds
  for i in "${!jobs_names[@]}"; do
    wait "${jobs_pids[$i]}"
    read -r code seconds <"$work/job-$i.end" || { code=1 seconds=0; }
    say "${jobs_names[$i]}"
    tail -n 30 "$work/job-$i.log"
    record "${jobs_names[$i]}" "$seconds" "$code"
  done
}

# vitest NAME COMMAND…: a step whose single tests count.
vitest() {
  local name=$1 from=$SECONDS code report
  shift
  report=$(mktemp "$results/vitest.XXXXXX.json")
  say "$name"
  "$@" --reporter=default --reporter=json --outputFile.json="$report" </dev/null
  code=$?
  record "$name" $((SECONDS - from)) $code "$report"
  [ $code = 0 ] || say "FAILED ($code): $name"
}

finish() {
  stop_services
  say "Where the time went"
  PATH=$PWD/node_modules/.bin:$PATH node .ci/tally.ts "$results/steps.tsv" $((SECONDS - started)) </dev/null
  code=$?
  # Without Node there is no tally, and that is a failure of its own.
  [ $code -le 1 ] || echo '0 passed, 1 failed'
  [ $code = 0 ] && rm -rf "$work" || true
  exit $code
}

# ── installing ──────────────────────────────────────────────────────────────────────────────────────────────────────

install_debian() {
  local missing=()
  [ -n "$(postgres_bin)" ] || missing+=(postgresql)
  [ -x /usr/bin/chromium ] || missing+=(chromium fonts-dejavu-core)
  command -v curl >/dev/null || missing+=(curl)
  command -v jq >/dev/null || missing+=(jq)
  command -v javac >/dev/null || missing+=(default-jdk-headless)
  command -v mvn >/dev/null || missing+=(maven)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
  [ ${#missing[@]} = 0 ] && echo 'all there' && return
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

install_s3() {
  local to=$cache/versitygw-$versitygw_version
  [ -x "$to/versitygw" ] && echo "kept from an earlier run: $to" && return
  GOPATH=$cache/go GOCACHE=$cache/go-build GOFLAGS=-modcacherw GOBIN=$to \
    go install "github.com/versity/versitygw/cmd/versitygw@$versitygw_version" && rm -rf "$cache/go" "$cache/go-build"
}

# install_python VERSION PACKAGE…: an environment of its own, with that client; made anew when other packages are asked for.
install_python() {
  local to=$cache/python-$1
  [ "$(cat "$to/complete" 2>/dev/null)" = "${*:2}" ] && echo "kept from an earlier run: $to" && return
  rm -rf "$to" && python3 -m venv "$to" &&
    "$to/bin/pip" install -q --disable-pip-version-check "${@:2}" && echo "${*:2}" >"$to/complete"
}
# What people train with: autologging, data frames, figures, system metrics, models in files that run no code.
learning=(scikit-learn pandas matplotlib psutil skops)
# What clients reach buckets with that they are told to go to themselves.
buckets=(boto3)

install_java() {
  local to=$cache/mlflow-client-$java_client_version
  [ -e "$to/complete" ] && echo "kept from an earlier run: $to" && return
  rm -rf "$to" && mvn -q -B -f bff/test/clients/pom.xml -Dmaven.repo.local="$to/maven" \
    dependency:copy-dependencies -DoutputDirectory="$to/jars" && rm -rf "$to/maven" && touch "$to/complete"
}

# ── services ────────────────────────────────────────────────────────────────────────────────────────────────────────

postgres_bin() { find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1; }
free_port() { node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"; }

# Postgres refuses to run as root.
as_postgres=()
[ "$(id -u)" != 0 ] || as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

start_postgres() {
  local bin data=$work/postgres port
  bin=$(postgres_bin) port=$(free_port)
  mkdir -p "$data" && { [ "$(id -u)" != 0 ] || chown postgres "$data"; }
  # What is lost in a power cut is nobody's here, so nothing waits for the disk.
  (cd / && "${as_postgres[@]}" "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync) || return
  (cd / && exec "${as_postgres[@]}" "$bin/postgres" -D "$data" -k "$data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c max_connections=300 -c shared_buffers=256MB -c fsync=off -c full_page_writes=off) >"$work/postgres.log" 2>&1 &
  services+=($!)
  export postgres_url=postgresql://postgres@127.0.0.1:$port/postgres
  wait_until "${as_postgres[@]}" "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"
}

start_s3() {
  local port
  port=$(free_port)
  mkdir -p "$work/objects/assay-test" "$work/attributes"
  "$cache/versitygw-$versitygw_version/versitygw" --access assay --secret assay-secret --port "127.0.0.1:$port" \
    posix --sidecar "$work/attributes" "$work/objects" >"$work/s3.log" 2>&1 &
  services+=($!)
  export s3_endpoint=http://127.0.0.1:$port
  wait_until curl -s -o /dev/null "$s3_endpoint"
}

# mlflow_server NAME PORT FLAG…: in a group of its own, since it starts others; ready once it has made its database.
mlflow_server() {
  local name=$1 port=$2 url=http://127.0.0.1:$2
  shift 2
  (cd "$work" && exec setsid "$cache/python-server-$mlflow_version/bin/mlflow" server --port "$port" --workers 1 \
    --backend-store-uri "sqlite:///$work/$name.db" --artifacts-destination "$work/$name-artifacts" "$@") \
    >"$work/$name.log" 2>&1 &
  services+=("-$!")
  wait_until curl -sf -o /dev/null "$url/health" || wait_until curl -sf -o /dev/null "$url/health"
}

# A real MLflow server, which relayed tests stand in front of.
start_mlflow() {
  local port
  port=$(free_port)
  export ASSAY_TEST_MLFLOW_URL=http://127.0.0.1:$port
  mlflow_server mlflow "$port"
}

# The same with its own sign-in, and the first user that it makes by itself.
start_mlflow_with_sign_in() {
  local port
  port=$(free_port)
  printf '[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///%s\nadmin_username = admin\nadmin_password = %s\n' \
    "$work/mlflow-users.db" 'of-the-tests-1234' >"$work/mlflow-sign-in.ini"
  export ASSAY_TEST_MLFLOW_SIGN_IN_URL=http://admin:of-the-tests-1234@127.0.0.1:$port
  MLFLOW_AUTH_CONFIG_PATH=$work/mlflow-sign-in.ini MLFLOW_FLASK_SERVER_SECRET_KEY=of-the-tests \
    mlflow_server mlflow-sign-in "$port" --app-name basic-auth
}

# The STS and IAM services of AWS, as far as they can be had on this machine.
start_moto() {
  local port
  port=$(free_port)
  (cd "$work" && exec "$cache/python-moto-$moto_version/bin/moto_server" -H 127.0.0.1 -p "$port") >"$work/moto.log" 2>&1 &
  services+=($!)
  export ASSAY_TEST_MOTO_URL=http://127.0.0.1:$port
  wait_until curl -s -o /dev/null "$ASSAY_TEST_MOTO_URL/moto-api/"
}

wait_until() {
  for _ in $(seq 300); do
    "$@" && return
    sleep 0.1
  done
  echo "not up after 30 s: $*"
  return 1
}

with_services() {
  ASSAY_TEST_DATABASE_URL=$postgres_url ASSAY_TEST_S3_ENDPOINT=$s3_endpoint ASSAY_TEST_S3_BUCKET=assay-test \
    AWS_ACCESS_KEY_ID=assay AWS_SECRET_ACCESS_KEY=assay-secret AWS_REGION=us-east-1 "$@"
}

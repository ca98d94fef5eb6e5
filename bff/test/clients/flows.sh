#!/bin/bash
# What people do with curl and MLflow's REST documentation, against the server at $1. Prints what became of each flow.
server=$1
api=$server/api/2.0/mlflow
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
set -o pipefail

get() { curl -sS -f -G "$api/$1" "${@:2}"; }
post() { curl -sS -f "$api/$1" -H 'Content-Type: application/json' -d "$2" "${@:3}"; }
status() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
equal() { [ "$1" = "$2" ] || { echo "expected '$1', found '$2'" >&2; return 1; }; }
# flow AREA NAME COMMAND: with errors as failures
flow() {
  local outcome=passed
  # not in an `if`, where -e means nothing
  (set -e; "$3")
  [ $? = 0 ] || outcome=failed
  printf '%s\t%s\t%s\n' $outcome "$1" "$2"
}

name="by hand $RANDOM$RANDOM"
experiment=$(post experiments/create "{\"name\": \"$name\", \"tags\": [{\"key\": \"team\", \"value\": \"red\"}]}" | jq -r .experiment_id)
new_run() { post runs/create "{\"experiment_id\": \"$experiment\", \"start_time\": $(date +%s000)}" | jq -r .run.info.run_id; }

found_experiment() {
  equal "$experiment" "$(get experiments/get-by-name --data-urlencode "experiment_name=$name" | jq -r .experiment.experiment_id)"
  equal red "$(get experiments/get -d "experiment_id=$experiment" | jq -r '.experiment.tags[0].value')"
  equal 1 "$(get experiments/search --data-urlencode "filter=name = '$name'" -d max_results=10 | jq '.experiments | length')"
}
absent_experiment() { equal 404 "$(status -G "$api/experiments/get-by-name" -d experiment_name=nobody)"; }
moved_experiment() {
  post experiments/update "{\"experiment_id\": \"$experiment\", \"new_name\": \"$name again\"}"
  post experiments/set-experiment-tag "{\"experiment_id\": \"$experiment\", \"key\": \"stage\", \"value\": \"draft\"}"
  post experiments/delete "{\"experiment_id\": \"$experiment\"}"
  post experiments/restore "{\"experiment_id\": \"$experiment\"}"
  equal "$name again active" "$(get experiments/get -d "experiment_id=$experiment" | jq -r '.experiment | "\(.name) \(.lifecycle_stage)"')"
} >/dev/null
flow Experiments 'found by name, by id, by a filter' found_experiment
flow Experiments 'one that is not there' absent_experiment
flow Experiments 'renamed, tagged, deleted, restored' moved_experiment

whole_run() {
  local run
  run=$(new_run)
  post runs/log-parameter "{\"run_id\": \"$run\", \"key\": \"lr\", \"value\": \"0.1\"}"
  post runs/log-metric "{\"run_id\": \"$run\", \"key\": \"loss\", \"value\": 0.5, \"timestamp\": 1, \"step\": 1}"
  post runs/log-batch "{\"run_id\": \"$run\", \"metrics\": [{\"key\": \"loss\", \"value\": 0.25, \"timestamp\": 2, \"step\": 2}], \"tags\": [{\"key\": \"kind\", \"value\": \"test\"}]}"
  post runs/set-tag "{\"run_id\": \"$run\", \"key\": \"mlflow.runName\", \"value\": \"named later\"}"
  post runs/set-tag "{\"run_id\": \"$run\", \"key\": \"gone\", \"value\": \"\"}"
  post runs/delete-tag "{\"run_id\": \"$run\", \"key\": \"gone\"}"
  post runs/update "{\"run_id\": \"$run\", \"status\": \"FINISHED\", \"end_time\": 3}"
  get runs/get -d "run_id=$run" >"$folder/run.json"
  equal 'named later FINISHED 3 0.1 0.25 test' "$(jq -r '.run | "\(.info.run_name) \(.info.status) \(.info.end_time) \(.data.params[0].value) \(.data.metrics[0].value) \(.data.tags[] | select(.key == "kind").value)"' "$folder/run.json")"
  equal '1 2' "$(get metrics/get-history -d "run_id=$run" -d metric_key=loss | jq -r '[.metrics[].step] | join(" ")')"
  post runs/log-inputs "{\"run_id\": \"$run\", \"datasets\": [{\"dataset\": {\"name\": \"wine\", \"digest\": \"1\", \"source_type\": \"http\", \"source\": \"{}\"}}]}"
  equal wine "$(get runs/get -d "run_id=$run" | jq -r '.run.inputs.dataset_inputs[0].dataset.name')"
} >/dev/null
searched_runs() {
  local n token= seen=0 page
  for n in 1 2 3 4 5; do post runs/log-metric "{\"run_id\": \"$(new_run)\", \"key\": \"score\", \"value\": $n, \"timestamp\": 1}"; done
  equal '5 4' "$(post runs/search "{\"experiment_ids\": [\"$experiment\"], \"filter\": \"metrics.score > 3\", \"order_by\": [\"metrics.score DESC\"]}" | jq -r '[.runs[].data.metrics[0].value] | join(" ")')"
  while page=$(post runs/search "{\"experiment_ids\": [\"$experiment\"], \"filter\": \"metrics.score > 0\", \"max_results\": 2, \"page_token\": \"$token\"}"); do
    seen=$((seen + $(jq '.runs | length' <<<"$page")))
    token=$(jq -r '.next_page_token // empty' <<<"$page")
    [ -n "$token" ] || break
  done
  equal 5 "$seen"
} >/dev/null
deleted_run() {
  local run
  run=$(new_run)
  post runs/delete "{\"run_id\": \"$run\"}"
  equal 400 "$(status "$api/runs/log-metric" -H 'Content-Type: application/json' -d "{\"run_id\": \"$run\", \"key\": \"m\", \"value\": 1, \"timestamp\": 1}")"
  post runs/restore "{\"run_id\": \"$run\"}"
  post runs/log-metric "{\"run_id\": \"$run\", \"key\": \"m\", \"value\": \"NaN\", \"timestamp\": 1}"
} >/dev/null
refused_run() {
  equal INVALID_PARAMETER_VALUE "$(curl -sS "$api/runs/log-metric" -H 'Content-Type: application/json' -d '{"run_id": "1"}' | jq -r .error_code)"
  # curl's own content type, without -H: said, not guessed
  equal 400 "$(status "$api/runs/create" -d '{}')"
  equal 404 "$(status "$api/runs/nothing" -H 'Content-Type: application/json' -d '{}')"
}
flow Runs 'one from its start to its end' whole_run
flow Runs 'searched, ordered, page by page' searched_runs
flow Runs 'deleted, refuses, restored' deleted_run
flow Runs 'what is wrong is said' refused_run

transferred() {
  local run files
  run=$(new_run) files=$server/api/2.0/mlflow-artifacts/artifacts/$experiment
  head -c 3000000 /dev/urandom >"$folder/w.bin"
  curl -sS -f -T "$folder/w.bin" "$files/$run/artifacts/model/w.bin"
  echo grüße | curl -sS -f -T - "$files/$run/artifacts/n%20%C3%A4.txt"
  equal 'model n ä.txt' "$(get artifacts/list -d "run_id=$run" | jq -r '[.files[].path] | join(" ")')"
  equal 3000000 "$(get artifacts/list -d "run_id=$run" -d path=model | jq '.files[0].file_size')"
  curl -sS -f "$files/$run/artifacts/model/w.bin" | cmp - "$folder/w.bin"
  equal grüße "$(curl -sS -f -G "$server/get-artifact" -d "run_uuid=$run" --data-urlencode 'path=n ä.txt')"
  curl -sS -f -X DELETE "$files/$run/artifacts/model/w.bin"
  equal 404 "$(status "$files/$run/artifacts/model/w.bin")"
} >/dev/null
flow Artifacts 'up, listed, down, deleted' transferred

served() {
  equal OK "$(curl -sS -f "$server/health")"
  equal 200 "$(status -I "$server/health")"
  curl -sS -f "$server/version" | grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+$'
  equal 200 "$(status --http1.0 "$api/experiments/get?experiment_id=0")"
  equal 200 "$(status "$server//api/2.0/mlflow/experiments/get?experiment_id=0")"
}
flow Server 'health, version, old HTTP, a doubled slash' served

-- What the load scripts share. wrk runs one Lua state a thread, and every script here is run with one thread: a plain
-- counter makes each body distinct, so that no server can answer one from memory or drop it as a copy.
local headers = { ["content-type"] = "application/json" }
local complained = false

-- The words after `--` on the command line: ids, and first the authorization header where the server wants one.
function read_args(args)
  local ids = {}
  for _, arg in ipairs(args) do
    local value = arg:match("^authorization=(.*)$")
    if value then headers["authorization"] = value else ids[#ids + 1] = arg end
  end
  return ids
end

function post(path, body)
  return wrk.format("POST", "/api/2.0/mlflow/" .. path, headers, body)
end

-- wrk counts the answers that are not 2xx; the first of them is printed, so that a reader sees why.
function complain(status, body)
  if status >= 300 and not complained then
    complained = true
    print("first-error " .. status .. " " .. body:sub(1, 300):gsub("%s+", " "))
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'result {"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50_us":%d,"p99_us":%d}',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end

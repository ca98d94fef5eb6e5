-- Creates a run, then logs ten params, eight metrics and four tags to it in one batch: what a short training leaves.
-- Connections take what is to be done next, so a run may be created on one and filled on another.
dofile("common.lua")
local count = 0
local waiting = {}
local template
function init(args)
  local experiment = read_args(args)[1]
  local params, metrics, tags = {}, {}, {}
  for i = 0, 9 do params[#params + 1] = string.format('{"key":"param-%d","value":"v%d-@"}', i, i) end
  for i = 0, 7 do metrics[#metrics + 1] = string.format('{"key":"metric-%d","value":0.%d@,"timestamp":1764000000000,"step":0}', i, i) end
  for i = 0, 3 do tags[#tags + 1] = string.format('{"key":"tag-%d","value":"t%d-@"}', i, i) end
  template = '","params":[' .. table.concat(params, ",") .. '],"metrics":[' .. table.concat(metrics, ",")
    .. '],"tags":[' .. table.concat(tags, ",") .. "]}"
  request = function()
    local run = table.remove(waiting)
    if run then
      return post("runs/log-batch", '{"run_id":"' .. run .. template:gsub("@", tostring(1000000 + count)))
    end
    count = count + 1
    return post("runs/create", string.format('{"experiment_id":"%s","run_name":"run-%d","start_time":%d000,"user_id":"bench"}',
      experiment, count, os.time()))
  end
end
response = function(status, _, body)
  complain(status, body)
  local run = status == 200 and body:match('"run_id": *"(%x+)"')
  if run then waiting[#waiting + 1] = run end
end

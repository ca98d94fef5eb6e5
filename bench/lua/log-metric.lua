-- One point a request, over the runs given and four keys of each. Steps go on from one start of the script to the next.
dofile("common.lua")
local count = 0
local runs
function init(args)
  runs = read_args(args)
  local started = os.time()
  request = function()
    local turn = math.floor(count / #runs)
    local body = string.format('{"run_id":"%s","key":"metric-%d","value":0.%06d,"timestamp":%d%03d,"step":%d}',
      runs[count % #runs + 1], turn % 4, count * 7919 % 1000000, started, count % 1000, started % 1000000 * 100000 + count)
    count = count + 1
    return post("runs/log-metric", body)
  end
end
response = function(status, _, body) complain(status, body) end

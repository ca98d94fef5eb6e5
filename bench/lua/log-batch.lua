-- A thousand points a request: a hundred steps of ten keys. The body is a template; `@` stands for the batch's number.
dofile("common.lua")
local count = 0
function init(args)
  local runs = read_args(args)
  local points = {}
  for i = 0, 999 do
    points[#points + 1] = string.format('{"key":"metric-%d","value":0.%02d@%d,"timestamp":176@%02d0,"step":@%02d}',
      i % 10, i * 37 % 100, i % 7 + 1, math.floor(i / 10), math.floor(i / 10))
  end
  local template = '","metrics":[' .. table.concat(points, ",") .. "]}"
  -- eight digits, the same width for every batch, and new for every start of the script: less than a thousand a second
  local first = 10000000 + os.time() % 80000 * 1000
  request = function()
    local body = '{"run_id":"' .. runs[count % #runs + 1] .. template:gsub("@", tostring(first + count))
    count = count + 1
    return post("runs/log-batch", body)
  end
end
response = function(status, _, body) complain(status, body) end

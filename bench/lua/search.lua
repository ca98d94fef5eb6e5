-- The newest hundred runs of an experiment.
dofile("common.lua")
function init(args)
  local experiment = read_args(args)[1]
  request = function()
    return post("runs/search", '{"experiment_ids":["' .. experiment .. '"],"max_results":100}')
  end
end
response = function(status, _, body) complain(status, body) end

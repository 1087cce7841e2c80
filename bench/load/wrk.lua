-- Checks status and length of every answer; the last line printed is JSON.
-- Words after the URL: length of an answer's body, of the body to send (0: GET), and by how much
-- the first may differ.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  length = tonumber(args[1])
  slack = tonumber(args[3])
  wrong = 0
  example = ""
  if tonumber(args[2]) > 0 then
    wrk.method = "POST"
    wrk.body = string.rep("x", tonumber(args[2]))
  end
end

function response(status, headers, body)
  if status ~= 200 or math.abs(#body - length) > slack then
    wrong = wrong + 1
    example = status .. " with " .. #body .. " bytes"
  end
end

function done(summary, latency, requests)
  local wrong, example = 0, ""
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("wrong")
    if thread:get("wrong") > 0 then example = thread:get("example") end
  end
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"wrong":%d,"example":"%s","broken":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    wrong, example, errors.connect + errors.read + errors.write + errors.timeout))
end

-- Sign-ups for wrk, each with another address; arguments: run, form|refused|honest, pause in ms.
-- "refused" comes from ten networks, "honest" from a network of its own each time.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end

function init(args)
  run, kind, pause = args[1], args[2] or "form", tonumber(args[3] or "0")
  sent = 0
end

local function network()
  if kind == "honest" then
    return string.format("2001:db8:%x:%x::1", id, sent % 65536)
  end
  return string.format("203.0.113.%d", sent % 10)
end

function request()
  sent = sent + 1
  local headers = {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Accept-Language"] = "en",
  }
  if kind ~= "form" then
    headers["X-Forwarded-For"] = network()
  end
  local body = string.format("email=%s-%d-%d%%40d%d.example&topics=energy&frequency=round&lang=en",
    run, id, sent, sent % 50)
  return wrk.format("POST", nil, headers, body)
end

function delay()
  return pause
end

function done(summary, latency)
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.6f, "p50": %.3f, "p90": %.3f, "p99": %.3f, "max": %.3f, ' ..
    '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end

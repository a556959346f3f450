-- Requests for wrk, one thread. Arguments: workload, number of the first request, first day (seconds since 1970),
-- opening minute, slots a day, file of tokens (one a line). Request n is the same for every contestant.

local RESOURCES = 200
local MINUTES = 30

sent, bookings = 0, 0 -- global: `done` reads them from the thread

local workload, first, day_zero, opens, slots
local tokens, dates, times = {}, {}, {}

local function date_of(number)
   if not dates[number] then
      dates[number] = os.date("!%Y-%m-%d", day_zero + number * 86400)
   end
   return dates[number]
end

local function time_of(minute)
   if not times[minute] then
      times[minute] = string.format("%02d:%02d", math.floor(minute / 60), minute % 60)
   end
   return times[minute]
end

local function headers(n)
   return tokens[n % #tokens + 1]
end

local function book(n, resource, day, minute, length)
   bookings = bookings + 1
   local body = string.format('{"resource":"%s","start":"%sT%s"', resource, date_of(day), time_of(minute))
   if length then
      body = body .. string.format(',"end":"%sT%s"', date_of(day), time_of(minute + length))
   end
   return wrk.format("POST", "/v1/bookings", headers(n), body .. "}")
end

local function slot_of(n, times_each)
   local each = math.floor(n / RESOURCES / times_each)
   return "venue-" .. n % RESOURCES, math.floor(each / slots), opens + each % slots * MINUTES
end

local make = {}

-- One place each, all over the resources, day after day: nobody is refused.
function make.distinct(n)
   local resource, day, minute = slot_of(n, 1)
   return book(n, resource, day, minute)
end

-- All want the same slot; `first` chooses it, so that each round has a fresh one.
function make.hot(n)
   return book(n, "venue-hot", math.floor(first / slots), opens + first % slots * MINUTES)
end

-- 24 want each slot of 20 places.
function make.places(n)
   local resource, day, minute = slot_of(n, 24)
   return book(n, resource, day, minute)
end

-- Of each hour 45 minutes, the other 15, and 45 that overlap both.
function make.rooms(n)
   local each = math.floor(n / RESOURCES)
   local hour, part = math.floor(each / 3), each % 3
   local day, minute = math.floor(hour / 23), hour % 23 * 60
   local from = ({ 0, 45, 15 })[part + 1]
   return book(n, "venue-" .. n % RESOURCES, day, minute + from, part == 1 and 15 or 45)
end

local function look(n, day)
   local path = "/v1/resources/venue-%d/availability?from=%s&to=%s"
   local resource = (n * 7919) % RESOURCES
   return wrk.format("GET", string.format(path, resource, date_of(day), date_of(day + 6)), headers(n))
end

-- The next seven days of every resource in turn.
function make.availability(n)
   return look(n, 0)
end

-- One in ten books; the others look at the days that are just being booked.
function make.mixed(n)
   local booking = math.floor(n / 10)
   local resource, day, minute = slot_of(booking, 1)
   if n % 10 == 0 then
      return book(n, resource, day, minute)
   end
   return look(n, day)
end

-- Bookings on days 0 to 19 of one resource, over and over: what is measured is how full those days are.
function make.crowded(n)
   return book(n, "venue-crowd", n % 20, opens + math.floor(n / 20) % slots * MINUTES)
end

-- The same on twenty days that are empty when the round begins.
function make.uncrowded(n)
   return book(n, "venue-crowd", 40 + 20 * math.floor(first / 1000000) + n % 20, opens + math.floor(n / 20) % slots * MINUTES)
end

function init(args)
   workload, first, day_zero = args[1], tonumber(args[2]), tonumber(args[3])
   opens, slots = tonumber(args[4]), tonumber(args[5])
   for line in io.lines(args[6]) do
      tokens[#tokens + 1] = { ["Authorization"] = "Bearer " .. line, ["Content-Type"] = "application/json" }
   end
end

function request()
   local made = make[workload](first + sent)
   sent = sent + 1
   return made
end

local threads = {}

function setup(thread)
   threads[#threads + 1] = thread
end

function done(summary, latency)
   -- wrk has the first request made once more, to look at it.
   local thread = threads[1]
   local all = thread:get("sent") - 1
   local booked = math.min(all, thread:get("bookings"))
   local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
   io.write(string.format(
      '\nDONE {"sent":%d,"bookings":%d,"answered":%d,"refused":%d,"broken":%d,"seconds":%.6f,"median_us":%.0f,"p99_us":%.0f}\n',
      all, booked, summary.requests, summary.errors.status, broken, summary.duration / 1e6,
      latency:percentile(50), latency:percentile(99)))
end

-- The ledger of limits that several instances share: one call of one instance, for all deployments at once. Whatever it
-- grants it has counted before, so no two instances are ever given the same unit. Time is this server's, and only ever
-- goes forward; an ask is done once, however often it arrives; a ledger that has lost its memory grants nothing until
-- the instances have counted again. What ask and reply mean: src/core/lease/exchange.ts.
--
-- KEYS: state, members, counted, hints, the caller's last reply, one per meter asked about, one per list of slots.

local SLOT = 500            -- ms; units are counted by the half second in which they were granted
local WINDOW = 61000        -- ms from the end of that half second until they are free again
local SLOTS_KEPT = 124      -- half seconds that can be alive at a time
local MEMBER = 6000         -- ms after its last call that an instance keeps its parallel slots
local KNOWN = 62000         -- ms after its last call that units of an instance may still count
local COUNT_AGAIN = 1500    -- ms that everybody waits for those who have not counted again
local NEWCOMERS = 1000      -- ms that a ledger without a past waits for somebody who remembers one
local RETRY = 100           -- ms until those who are told to wait for it should ask again
local STEP_BACK = 1000      -- ms that the clock may go back before it is another clock
local KEEP = 120000         -- ms after which keys of nobody vanish
local OLDER_SLOTS = 8       -- half seconds back in which units are looked for that are given back

local STATE, MEMBERS, COUNTED, HINTS, MINE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local FIXED_KEYS = 5

local ask = cjson.decode(ARGV[1])
local me = ask.instance
local time = redis.call('TIME')
local clock = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local state = redis.call('HMGET', STATE, 'epoch', 'server', 'begun', 'expected', 'open', 'last', 'hint')
local epoch, server = state[1], state[2]
local begun, expected = tonumber(state[3] or 0), tonumber(state[4] or 0)
local is_open, last, newest_hint = state[5] == '1', tonumber(state[6] or 0), tonumber(state[7] or 0)

local mine = redis.call('HMGET', MINE, 'epoch', 'sequence', 'reply')

-- The server may have been replaced by one that knows less: its id is another then. Who may not ask for it has one guard less.
local function run_id()
  local info = redis.pcall('INFO', 'server')
  if type(info) ~= 'string' then return '' end
  return string.match(info, 'run_id:(%w+)') or ''
end

local function knows_less(this_server)
  if not epoch or server ~= this_server or clock < last - STEP_BACK then return true end
  if mine[1] == epoch and tonumber(mine[2]) < ask.sequence - 1 then return true end
  if ask.isRecount or ask.epoch ~= epoch then return false end
  for nth, line in ipairs(ask.meters) do
    if line.isKnown and redis.call('HGET', KEYS[FIXED_KEYS + nth], 'epoch') ~= epoch then return true end
  end
  return false
end

local this_server = run_id()
if knows_less(this_server) then
  redis.call('DEL', STATE, MEMBERS, COUNTED, HINTS)
  epoch = clock .. '.' .. me .. '.' .. ask.sequence
  begun, expected, is_open, last, newest_hint = clock, 0, false, clock, 0
  redis.call('HSET', STATE, 'epoch', epoch, 'server', this_server, 'begun', begun)
end
local now = math.max(clock, last)
local now_slot = math.floor(now / SLOT)

local is_returning = ask.epoch ~= '' and ask.epoch ~= epoch
if is_returning and not is_open then expected = math.max(expected, ask.known) end
redis.call('HSET', STATE, 'last', now, 'expected', expected)
redis.call('PEXPIRE', STATE, KEEP)

if mine[1] == epoch then
  if tonumber(mine[2]) == ask.sequence then return mine[3] end
  if tonumber(mine[2]) > ask.sequence then return cjson.encode({ kind = 'stale', sequence = tonumber(mine[2]) }) end
end
if not ask.isRecount and (ask.epoch ~= epoch or mine[1] ~= epoch) then
  return cjson.encode({ kind = 'recount-demand', epoch = epoch })
end

if ask.isRecount and is_returning then
  redis.call('SADD', COUNTED, me)
  redis.call('PEXPIRE', COUNTED, KEEP)
end

local function phase_now()
  if is_open then return 'normal' end
  local age = now - begun
  local has_all = expected > 0 and redis.call('SCARD', COUNTED) >= expected
  if has_all or (expected == 0 and age >= NEWCOMERS) or age >= COUNT_AGAIN + WINDOW then
    redis.call('HSET', STATE, 'open', '1')
    return 'normal'
  end
  if age < COUNT_AGAIN then return 'recount' end
  return 'share'
end
local phase = phase_now()

-- An instance that leaves is no member any more, but its units count on.
-- While somebody may not have counted yet, those who are expected are known all the same.
local function count_members()
  redis.call('ZREMRANGEBYSCORE', MEMBERS, '-inf', now - KNOWN)
  redis.call('ZADD', MEMBERS, ask.isLeaving and now - MEMBER - 1 or now, me)
  redis.call('PEXPIRE', MEMBERS, KEEP)
  local known = redis.call('ZRANGE', MEMBERS, 0, -1)
  table.sort(known)
  local rank = 0
  for place, name in ipairs(known) do
    if name == me then rank = place - 1 end
  end
  local members = redis.call('ZCOUNT', MEMBERS, now - MEMBER, '+inf')
  return { members = members, known = phase == 'normal' and #known or math.max(#known, expected), rank = rank }
end
local standing = count_members()
local sharers = math.max(1, standing.members)

-- A meter is a hash: total, the oldest half second that may hold something, the units of each, and how many of those that
-- are left are held back until when.
local function slot_units(key, first, last_slot)
  local fields = {}
  for slot = first, last_slot do fields[#fields + 1] = slot end
  if #fields == 0 then return {}, fields end
  return redis.call('HMGET', key, unpack(fields)), fields
end

local function open_meter(key)
  local found = redis.call('HMGET', key, 'epoch', 'total', 'oldest', 'held', 'heldUntil')
  local first_alive = math.floor((now - WINDOW) / SLOT)
  if found[1] ~= epoch then
    redis.call('DEL', key)
    redis.call('HSET', key, 'epoch', epoch, 'oldest', first_alive)
    return { key = key, total = 0, oldest = first_alive, held = 0, held_until = 0 }
  end
  local meter = { key = key, total = tonumber(found[2] or 0), oldest = tonumber(found[3]) }
  meter.held_until = tonumber(found[5] or 0)
  meter.held = now < meter.held_until and tonumber(found[4]) or 0
  if meter.oldest >= first_alive then return meter end
  local units, fields = slot_units(key, meter.oldest, math.min(first_alive - 1, meter.oldest + SLOTS_KEPT))
  local gone = {}
  for nth, slot in ipairs(fields) do
    if units[nth] then
      meter.total = meter.total - tonumber(units[nth])
      gone[#gone + 1] = slot
    end
  end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  meter.oldest = first_alive
  return meter
end

local function add_units(meter, slot, units)
  slot = math.min(slot, now_slot)
  if units <= 0 or slot < meter.oldest then return end
  redis.call('HINCRBY', meter.key, slot, units)
  meter.total = meter.total + units
end

-- Units that are not where they should be are taken from older half seconds: those that stay count for longer then.
local function take_units(meter, slot, units)
  slot = math.min(slot, now_slot)
  local first = math.max(meter.oldest, slot - OLDER_SLOTS)
  while units > 0 and slot >= first do
    local there = tonumber(redis.call('HGET', meter.key, slot) or 0)
    local taken = math.min(there, units)
    if taken == there and there > 0 then redis.call('HDEL', meter.key, slot) end
    if taken < there then redis.call('HINCRBY', meter.key, slot, -taken) end
    meter.total = meter.total - taken
    units = units - taken
    slot = slot - 1
  end
end

-- The provider says that less is left than is counted here: somebody else uses the same key. What it says knows nothing of
-- units that are handed out and not used. While some have not counted, too little is counted here to be compared.
local function note_heard(meter, line)
  if not line.heard or phase ~= 'normal' then return end
  meter.held = math.max(0, line.limit - meter.total + line.heard.hand - line.heard.left)
  meter.held_until = now + line.heard.forMs
  redis.call('HSET', meter.key, 'held', meter.held, 'heldUntil', meter.held_until)
end

-- Until so many more units than now are free.
local function slots_free_in(meter, missing)
  if missing <= 0 then return 0 end
  local units, fields = slot_units(meter.key, meter.oldest, now_slot)
  for nth, slot in ipairs(fields) do
    missing = missing - tonumber(units[nth] or 0)
    if missing <= 0 then return (slot + 1) * SLOT + WINDOW - now end
  end
  return WINDOW + SLOT
end

-- The same where some are held back: when those come back, or when enough others do.
local function free_in(meter, missing)
  if meter.held == 0 then return slots_free_in(meter, missing) end
  local without_hold = math.max(meter.held_until - now, slots_free_in(meter, missing - meter.held))
  return math.min(without_hold, slots_free_in(meter, missing))
end

local function granted_of(line, free)
  if phase == 'recount' or line.want == 0 then return 0 end
  if free < line.most or free < line.least then return free >= line.least and line.least or 0 end
  return math.min(line.want, free, math.max(line.most, math.floor(free / sharers)))
end

local function answer_meter(line, key)
  local meter = open_meter(key)
  for _, past in ipairs(line.past) do
    if past[2] > 0 then add_units(meter, now_slot - past[1], past[2]) end
  end
  for _, change in ipairs(line.changes) do
    if change[2] > 0 then add_units(meter, change[1], change[2]) end
  end
  for _, change in ipairs(line.changes) do
    if change[2] < 0 then take_units(meter, change[1], -change[2]) end
  end
  note_heard(meter, line)
  local granted = granted_of(line, line.limit - meter.total - meter.held)
  add_units(meter, now_slot, granted)
  redis.call('HSET', key, 'total', meter.total, 'oldest', meter.oldest)
  redis.call('PEXPIRE', key, KEEP)
  local left = line.limit - meter.total - meter.held
  local wait = 0
  if granted < line.most then wait = phase == 'recount' and RETRY or free_in(meter, line.most - left) end
  return { granted = granted, left = math.max(0, left), freeInMs = wait }
end

-- Slots of instances that are no members any more are free, and are forgotten on the way; so are those of former epochs.
local EPOCH_FIELD = '@epoch'
local function slots_of_others(key)
  if redis.call('HGET', key, EPOCH_FIELD) ~= epoch then
    redis.call('DEL', key)
    redis.call('HSET', key, EPOCH_FIELD, epoch)
  end
  local held = redis.call('HGETALL', key)
  local sum = 0
  for nth = 1, #held, 2 do
    local name = held[nth]
    if name ~= me and name ~= EPOCH_FIELD then
      local called = tonumber(redis.call('ZSCORE', MEMBERS, name) or 0)
      if called < now - MEMBER then redis.call('HDEL', key, name) else sum = sum + tonumber(held[nth + 1]) end
    end
  end
  return sum
end

local function answer_slots(line, key)
  local free = math.max(0, line.limit - slots_of_others(key))
  local hold = phase == 'recount' and line.inUse or math.max(line.inUse, math.min(line.hold, free))
  if ask.isLeaving then hold = 0 end
  if hold == 0 then redis.call('HDEL', key, me) else redis.call('HSET', key, me, hold) end
  redis.call('PEXPIRE', key, KEEP)
  return { held = hold }
end

local function note_hint(hint)
  local known = redis.call('HGET', HINTS, hint.deployment)
  local entry = known and cjson.decode(known) or { blocked = 0, open = 0, opened = 0, trigger = 0 }
  newest_hint = newest_hint + 1
  entry.number, entry.by = newest_hint, me
  if hint.blockedForMs > 0 then entry.blocked = math.max(entry.blocked, now + hint.blockedForMs) end
  if hint.openForMs > 0 then
    entry.open, entry.opened, entry.trigger = now + hint.openForMs, now, hint.trigger
  end
  redis.call('HSET', HINTS, hint.deployment, cjson.encode(entry))
  local keep = math.max(KEEP, entry.blocked - now, entry.open - now, redis.call('PTTL', HINTS))
  redis.call('PEXPIRE', HINTS, keep)
end

local function news_for_me()
  local news = {}
  if newest_hint <= ask.hintsSeen then return news end
  local found = redis.call('HGETALL', HINTS)
  for nth = 1, #found, 2 do
    local entry = cjson.decode(found[nth + 1])
    local blocked, open = math.max(0, entry.blocked - now), math.max(0, entry.open - now)
    if blocked == 0 and open == 0 then
      redis.call('HDEL', HINTS, found[nth])
    elseif entry.number > ask.hintsSeen and entry.by ~= me then
      news[#news + 1] = {
        deployment = found[nth],
        blockedForMs = blocked,
        openForMs = open,
        openedMsAgo = open > 0 and now - entry.opened or 0,
        trigger = open > 0 and entry.trigger or 0,
      }
    end
  end
  table.sort(news, function(a, b) return a.deployment < b.deployment end)
  return news
end

local meters, slots = {}, {}
for nth, line in ipairs(ask.meters) do meters[nth] = answer_meter(line, KEYS[FIXED_KEYS + nth]) end
for nth, line in ipairs(ask.slots) do slots[nth] = answer_slots(line, KEYS[FIXED_KEYS + #ask.meters + nth]) end
local hints = news_for_me()
for _, hint in ipairs(ask.hints) do note_hint(hint) end
if #ask.hints > 0 then redis.call('HSET', STATE, 'hint', newest_hint) end

local reply = cjson.encode({
  kind = 'answer',
  sequence = ask.sequence,
  epoch = epoch,
  phase = phase,
  serverMs = now,
  members = standing.members,
  known = standing.known,
  rank = standing.rank,
  hintsSeen = newest_hint,
  meters = meters,
  slots = slots,
  hints = hints,
})
redis.call('HSET', MINE, 'epoch', epoch, 'sequence', ask.sequence, 'reply', reply)
redis.call('PEXPIRE', MINE, KEEP)
return reply

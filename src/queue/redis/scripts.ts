import type { Redis, Result } from 'ioredis';

/*
 * Lua scripts: each checks the state of a video and changes it in one step. They have to be scripts because many processes work on a
 * video at once, and one that was slow, or whose video was cancelled meanwhile, must change nothing. A transaction cannot branch on what
 * it reads, and WATCH would retry under load. Each script may be run twice without harm: ioredis sends a command again whose answer was
 * lost with the connection.
 *
 * A Redis that is full refuses the first command that could need memory, unless the script has written before. So that command comes first, and
 * where it fails nothing has changed; COMMIT alone frees memory before it needs some.
 *
 * Members of the in-flight set are `MODEL/VIDEO/GROUP`; '0' follows '/' in ASCII, so `[A/` to `(A0` is the range of everything below A.
 */

/** Lua: `active` is true while run ARGV[2] of the record KEYS[1] goes on. */
const ACTIVE = `
local known = redis.call('HMGET', KEYS[1], 'state', 'run')
local active = (known[1] == 'queued' or known[1] == 'running') and known[2] == ARGV[2]
`;

/**
 * Two submissions of one video at the same time must become one run, so the state is read and written in one step.
 * KEYS: record, open, finished, results, failed groups. ARGV: video, request, priority, name, now. Returns `{run, 'created'}`;
 * `{run, 'restarted'}` where a finished video runs again (its captions stay, except for the failed groups); `{run, 'active'}`.
 */
const SUBMIT = `
local known = redis.call('HMGET', KEYS[1], 'state', 'run')
local run = tonumber(known[2] or '0')
if known[1] == 'queued' or known[1] == 'running' then return {run, 'active'} end
local counts = redis.call('HMGET', KEYS[1], 'done', 'failed')
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
for _, group in ipairs(redis.call('SMEMBERS', KEYS[5])) do redis.call('HDEL', KEYS[4], group) end
redis.call('DEL', KEYS[5], KEYS[1])
local done = 0
if redis.call('EXISTS', KEYS[4]) == 1 then done = tonumber(counts[1] or '0') - tonumber(counts[2] or '0') end
redis.call('HSET', KEYS[1], 'request', ARGV[2], 'priority', ARGV[3], 'name', ARGV[4], 'submitted', ARGV[5],
  'state', 'queued', 'run', run + 1, 'done', done)
redis.call('PERSIST', KEYS[4])
redis.call('ZREM', KEYS[3], ARGV[1])
return {run + 1, known[1] and 'restarted' or 'created'}
`;

/**
 * Writing must depend on the run: a slow process would otherwise write into the run after its own.
 * KEYS: record. ARGV: video, run, then fields and values. Returns 1, or 0 where the run is not active.
 */
const UPDATE = `${ACTIVE}
if not active then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
return 1
`;

/**
 * Both limits are counted and used up in one step: two decoders would otherwise both take the last place.
 * KEYS: record, results, in flight, paused. ARGV: video, run, group, model prefix, limit of the video, limit of the model, keyframes up
 * to the group's end, pts of its last keyframe. Returns `cancelled`, `done` (it has captions), `in-flight`, `paused`, `full` or
 * `admitted`.
 */
const ADMIT = `${ACTIVE}
if not active then return 'cancelled' end
local found = tonumber(redis.call('HGET', KEYS[1], 'found') or '0')
local count = function()
  if tonumber(ARGV[7]) > found then redis.call('HSET', KEYS[1], 'found', ARGV[7], 'covered', ARGV[8]) end
end
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 1 then count() return 'done' end
local below = function(path) return redis.call('ZLEXCOUNT', KEYS[3], '[' .. path .. '/', '(' .. path .. '0') end
local video = ARGV[4] .. '/' .. ARGV[1]
if redis.call('ZSCORE', KEYS[3], video .. '/' .. ARGV[3]) then count() return 'in-flight' end
if redis.call('GET', KEYS[4]) == 'all' then return 'paused' end
if below(video) >= tonumber(ARGV[5]) or below(ARGV[4]) >= tonumber(ARGV[6]) then return 'full' end
redis.call('ZADD', KEYS[3], 0, video .. '/' .. ARGV[3])
count()
return 'admitted'
`;

/**
 * Captions become durable, are counted, and free their place and frames in one step: after a crash between those steps the group would
 * be counted twice, or hold its place for ever. The frames go first: a Redis that is full of frames accepts the captions of a script that has
 * already freed some, and would otherwise stay full.
 * KEYS: record, results, in flight, frames, failed groups. ARGV: in-flight member, run, group, captions, keyframes, 1 for a failed group.
 * Returns `committed`, `duplicate` (the first captions stay) or `cancelled`.
 */
const COMMIT = `${ACTIVE}
if known[2] == ARGV[2] or not known[2] then
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('HDEL', KEYS[4], ARGV[3])
end
if not active then return 'cancelled' end
if redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[4]) == 0 then return 'duplicate' end
redis.call('HINCRBY', KEYS[1], 'done', ARGV[5])
redis.call('HDEL', KEYS[1], 'blockedReason', 'decodedAgain')
if ARGV[6] == '1' then
  redis.call('HINCRBY', KEYS[1], 'failed', ARGV[5])
  redis.call('SADD', KEYS[5], ARGV[3])
end
return 'committed'
`;

/**
 * The end of a video frees everything that it holds; between two steps another process could admit one more of its groups.
 * KEYS: record, results, in flight, frames, failed groups, open, finished. ARGV: video, run (or `*` for any), state, summary, now,
 * milliseconds that the record stays, milliseconds that its ID stays, 1 to keep the captions as long as the record. Returns 1, or 0
 * where the run is not active.
 */
const FINISH = `
local known = redis.call('HMGET', KEYS[1], 'state', 'run', 'model')
local active = (known[1] == 'queued' or known[1] == 'running') and (ARGV[2] == '*' or known[2] == ARGV[2])
if not active then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'summary', ARGV[4], 'ended', ARGV[5])
if known[3] then
  local video = string.sub(known[3], 1, 12) .. '/' .. ARGV[1]
  redis.call('ZREMRANGEBYLEX', KEYS[3], '[' .. video .. '/', '(' .. video .. '0')
end
redis.call('DEL', KEYS[4])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if ARGV[8] == '1' then
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  redis.call('PEXPIRE', KEYS[5], ARGV[6])
else
  redis.call('DEL', KEYS[2], KEYS[5])
end
redis.call('ZREM', KEYS[6], ARGV[1])
redis.call('ZADD', KEYS[7], ARGV[5], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', tonumber(ARGV[5]) - tonumber(ARGV[7]))
return 1
`;

/**
 * Reading must not take more than a record can have: a value may be as long as whoever wrote it liked, or of another type, which would fail the
 * reading of all others.
 * Its memory is asked for first, because one question costs less than one for each field; a value is never longer than what holds it.
 * KEYS: records. ARGV: most bytes of a record, then fields. Returns for each record its values in the order of the fields, none where there is no
 * record, or the one text `type` or `bytes` where it is no record.
 */
const RECORDS = `
local most = tonumber(ARGV[1])
local fields = {unpack(ARGV, 2)}
local found = {}
for at, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then found[at] = {}
  elseif kind ~= 'hash' then found[at] = {'type'}
  elseif redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) > 2 * most + 65536 then found[at] = {'bytes'}
  else
    local values = redis.call('HMGET', key, unpack(fields))
    local bytes = 0
    for _, value in ipairs(values) do bytes = bytes + (value and #value or 0) end
    if bytes > most then found[at] = {'bytes'} else found[at] = values end
  end
end
return found
`;

/**
 * The same for results, which are taken in order: after the first that is not there, none is looked for. KEYS: results. ARGV: most bytes of one,
 * then groups. One that is too long is returned as an empty text.
 */
const RESULTS = `
local found = {}
for at = 2, #ARGV do
  local length = redis.call('HSTRLEN', KEYS[1], ARGV[at])
  if length == 0 then break end
  found[at - 1] = length > tonumber(ARGV[1]) and '' or redis.call('HGET', KEYS[1], ARGV[at])
end
return found
`;

type Arguments = (string | number)[];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    sgSubmit(...args: Arguments): Result<[number, 'created' | 'restarted' | 'active'], Context>;
    sgUpdate(...args: Arguments): Result<0 | 1, Context>;
    sgAdmit(...args: Arguments): Result<'cancelled' | 'done' | 'in-flight' | 'paused' | 'full' | 'admitted', Context>;
    sgCommit(...args: Arguments): Result<'committed' | 'duplicate' | 'cancelled', Context>;
    sgFinish(...args: Arguments): Result<0 | 1, Context>;
    sgRecords(count: number, ...args: Arguments): Result<(string | null)[][], Context>;
    sgResults(...args: Arguments): Result<(string | null)[], Context>;
  }
}

/** Adds the scripts to a connection as commands. */
export function defineScripts(redis: Redis): void {
  redis.defineCommand('sgSubmit', { numberOfKeys: 5, lua: SUBMIT });
  redis.defineCommand('sgUpdate', { numberOfKeys: 1, lua: UPDATE });
  redis.defineCommand('sgAdmit', { numberOfKeys: 4, lua: ADMIT });
  redis.defineCommand('sgCommit', { numberOfKeys: 5, lua: COMMIT });
  redis.defineCommand('sgFinish', { numberOfKeys: 7, lua: FINISH });
  redis.defineCommand('sgRecords', { lua: RECORDS });
  redis.defineCommand('sgResults', { numberOfKeys: 1, lua: RESULTS });
}

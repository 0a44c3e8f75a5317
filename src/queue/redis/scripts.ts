/**
 * What has to happen in one step in Redis, as Lua. Every script starts by asking whether the video's run is still
 * wanted: a process that stood still, or whose video was cancelled, changes nothing any more. All of them may be
 * repeated without harm, because a command whose answer was lost is sent again.
 *
 * The keys come from `names.ts`; `held` has members `VIDEO/GROUP`, and '0' is what follows '/' in ASCII.
 */

/** True in Lua where the run ARGV[2] of the record KEYS[1] goes on. */
const WANTED = `
local known = redis.call('HMGET', KEYS[1], 'state', 'run')
local wanted = (known[1] == 'queued' or known[1] == 'running') and known[2] == ARGV[2]
`;

/**
 * A video is asked for. KEYS: record, open, finished, results, gaps. ARGV: video, request, priority, name, now.
 * Answers `{run, 'new'}`, `{run, 'again'}` where a finished one was begun anew (what it had captioned stays, but for the
 * gaps), `{run, 'live'}` where it is under way.
 */
export const SUBMIT = `
local known = redis.call('HMGET', KEYS[1], 'state', 'run')
local run = tonumber(known[2] or '0')
if known[1] == 'queued' or known[1] == 'running' then return {run, 'live'} end
local counts = redis.call('HMGET', KEYS[1], 'done', 'failed')
for _, group in ipairs(redis.call('SMEMBERS', KEYS[5])) do redis.call('HDEL', KEYS[4], group) end
redis.call('DEL', KEYS[5], KEYS[1])
local done = 0
if redis.call('EXISTS', KEYS[4]) == 1 then done = tonumber(counts[1] or '0') - tonumber(counts[2] or '0') end
redis.call('HSET', KEYS[1], 'request', ARGV[2], 'priority', ARGV[3], 'name', ARGV[4], 'submitted', ARGV[5],
  'state', 'queued', 'run', run + 1, 'done', done)
redis.call('PERSIST', KEYS[4])
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return {run + 1, known[1] and 'again' or 'new'}
`;

/** KEYS: record. ARGV: video, run, then fields and values to set while the run is wanted. Answers 1, or 0 where it is not. */
export const NOTE = `${WANTED}
if not wanted then return 0 end
local fields = {}
for at = 3, #ARGV do fields[#fields + 1] = ARGV[at] end
redis.call('HSET', KEYS[1], unpack(fields))
return 1
`;

/**
 * A worker refuses a group. KEYS: record, held, frames. ARGV: video, run, why, now, milliseconds that a video may stay in
 * flight while it is refused and nothing of it gets done, milliseconds that it is then set aside. Answers `gone`,
 * `refused`, or `aside`: then nothing of it is in flight any more.
 */
export const REFUSE = `${WANTED}
if not wanted then return 'gone' end
redis.call('HSET', KEYS[1], 'hindrance', ARGV[3])
local now = tonumber(ARGV[4])
if tonumber(redis.call('HGET', KEYS[1], 'aside') or '0') > now then return 'aside' end
redis.call('HSETNX', KEYS[1], 'refused', now)
if now - tonumber(redis.call('HGET', KEYS[1], 'refused')) < tonumber(ARGV[5]) then return 'refused' end
redis.call('HDEL', KEYS[1], 'refused')
redis.call('HSET', KEYS[1], 'aside', now + tonumber(ARGV[6]))
redis.call('ZREMRANGEBYLEX', KEYS[2], '[' .. ARGV[1] .. '/', '(' .. ARGV[1] .. '0')
redis.call('DEL', KEYS[3])
return 'aside'
`;

/**
 * A group asks for its place in flight. KEYS: record, results, held, meta of the groups' queue. ARGV: video, run, group,
 * limit of the video, limit in all, keyframes up to its end, pts of its last keyframe, now. Answers `gone`, `done` (there
 * is a result), `aside` (nobody can do it, see REFUSE), `held` (it has its place already), `paused`, `full`, or `admitted`.
 */
export const ADMIT = `${WANTED}
if not wanted then return 'gone' end
local found = tonumber(redis.call('HGET', KEYS[1], 'found') or '0')
local note = function()
  if tonumber(ARGV[6]) > found then redis.call('HSET', KEYS[1], 'found', ARGV[6], 'covered', ARGV[7]) end
end
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 1 then note() return 'done' end
if tonumber(redis.call('HGET', KEYS[1], 'aside') or '0') > tonumber(ARGV[8]) then return 'aside' end
local member = ARGV[1] .. '/' .. ARGV[3]
if redis.call('ZSCORE', KEYS[3], member) then note() return 'held' end
if redis.call('HEXISTS', KEYS[4], 'paused') == 1 then return 'paused' end
local own = redis.call('ZLEXCOUNT', KEYS[3], '[' .. ARGV[1] .. '/', '(' .. ARGV[1] .. '0')
if own >= tonumber(ARGV[4]) or redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[5]) then return 'full' end
redis.call('ZADD', KEYS[3], 0, member)
note()
return 'admitted'
`;

/**
 * A group's result. KEYS: record, results, held, frames, gaps. ARGV: video, run, group, result, keyframes, 1 for a gap.
 * The result counts and the frames go in one step; what hindered the video does so no more. Answers `kept`, `twice` (another came first and stays), `gone`.
 */
export const COMMIT = `${WANTED}
if known[2] == ARGV[2] or not known[2] then
  redis.call('ZREM', KEYS[3], ARGV[1] .. '/' .. ARGV[3])
  redis.call('HDEL', KEYS[4], ARGV[3])
end
if not wanted then return 'gone' end
if redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[4]) == 0 then return 'twice' end
redis.call('HINCRBY', KEYS[1], 'done', ARGV[5])
redis.call('HDEL', KEYS[1], 'hindrance', 'refused', 'aside')
if ARGV[6] == '1' then
  redis.call('HINCRBY', KEYS[1], 'failed', ARGV[5])
  redis.call('SADD', KEYS[5], ARGV[3])
end
return 'kept'
`;

/**
 * A video comes to its end: whatever it still holds is freed. KEYS: record, results, held, frames, gaps, open, finished.
 * ARGV: video, run (or `*` for whichever), state, summary, now, milliseconds that the record stays, 1 where results stay
 * as long (a retry needs them). Answers 1, or 0 where that run is not wanted any more.
 */
export const FINISH = `
local known = redis.call('HMGET', KEYS[1], 'state', 'run')
local wanted = (known[1] == 'queued' or known[1] == 'running') and (ARGV[2] == '*' or known[2] == ARGV[2])
if not wanted then return 0 end
redis.call('ZREMRANGEBYLEX', KEYS[3], '[' .. ARGV[1] .. '/', '(' .. ARGV[1] .. '0')
redis.call('DEL', KEYS[4])
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'summary', ARGV[4], 'ended', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if ARGV[7] == '1' then
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  redis.call('PEXPIRE', KEYS[5], ARGV[6])
else
  redis.call('DEL', KEYS[2], KEYS[5])
end
redis.call('ZREM', KEYS[6], ARGV[1])
redis.call('ZADD', KEYS[7], ARGV[5], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', tonumber(ARGV[5]) - tonumber(ARGV[6]))
return 1
`;

/*
 * Why a cached read is as fresh as the master: the protocol of grants, rounds, acks, leases, crashes and
 * restarts, for one master, two proxies and two keys, in the language of the model checker Spin.
 *
 * A test tries some orders of events. Here the checker tries all of them: each line `:: d_step { … }` at the
 * end of this file is a thing that may happen next, whenever its guard is true, and the checker follows every
 * one from every state that can be reached. The number of writes is bounded (WRITES). Nothing else is: time
 * goes on for ever, and proxies lose their lease and the master crashes as often as they like.
 *
 * What is written here is what the code does, made smaller where that hides nothing:
 *
 * Messages. Rounds, acks and events stay in the air once they are sent, and may be taken at any time, again,
 *   in any order, or never: lost, late, repeated and overtaken messages are all that. It makes no difference
 *   whether an ack, or a round, comes over the bus or with a renewal. What the rules say is to be ignored for
 *   ever (a message to a proxyId that is over) is taken out of the air, which is the same and keeps this small.
 * Calls. The master answers a call in the step in which it is sent; the answer then takes any time, or never
 *   comes. A call that takes its time on the way out only shortens what its answer is worth.
 * Time. `tick` moves all clocks on. A lease is LEASE ticks. The 2 % that a proxy takes off are used up here by
 *   a clock that is slow by as much as is allowed; a faster clock ends the lease earlier, and a proxy may lose
 *   its lease at any time here. (So may it crash: a proxy that lost everything is a new one.)
 * A crash and the restart are one step: while there is no master, nothing happens that cannot also happen
 *   before it does anything. A write in the journal whose sync is in doubt may have survived, or not.
 * Values. A key's value is the number of its writes. Some reader is always at the master, so what is visible
 *   there has been read: P3 is that no proxy can hit anything else, at any instant.
 *
 * Each rule of the protocol is in here under its name, as `KEPT(name)`. `-DWITHOUT=name` takes it out, and
 * then the checker must find the history that the rule is there to prevent. `docs/consistency.md` tells them.
 */
#ifndef WRITES
#define WRITES 2
#endif
#ifndef LEASE
#define LEASE 1
#endif
#ifndef PROXIES
#define PROXIES 2
#endif
#ifndef KEYS
#define KEYS 2
#endif

#define NO_RULE         0
#define L1              1  /* a lease that has run out at the master is dead, also if nobody waited for it */
#define L2_EMPTY        2  /* a proxy empties its cache when its lease is lost */
#define L2_ANSWER       3  /* an answer is kept only under the proxyId under which it was asked */
#define L3              4  /* an owed round bounds the lease */
#define L5              5  /* messages of another epoch count for nothing */
#define LEASE_USE       6  /* the lease is checked at the moment of use */
#define LEASE_SENDING   7  /* the lease counts from the sending of the request */
#define LEASE_DRIFT     8  /* the proxy takes the drift off */
#define R1_CLOSED       9  /* no grant for a closed key */
#define R1_ADMISSION   10  /* closed from the admission on, also where no round is needed */
#define R1_SYNC        11  /* visible only after the sync */
#define R2             12  /* a later reader takes an answer only as a hit */
#define R3_NAMES       13  /* a command names every key that it changes */
#define R3_STEP        14  /* it takes its place in all queues in one step */
#define R4             15  /* no two commands of one round change the same key */
#define R5_MARK        16  /* a round marks the fills in flight */
#define R5_NUMBER      17  /* a round not above the entry's number changes nothing */
#define R5_OLDER       18  /* an answer older than the tombstone is not kept */
#define R5_NOTHING     19  /* nothing leaves no tombstone */
#define R5_ID          20  /* an ack counts for its proxyId only */
#define R6_INTEREST    21  /* who may be refreshed stays in the interest */
#define R6_NAMED       22  /* only the proxies that the event names install it */
#define R6_TOMBSTONE   23  /* only over a tombstone of exactly its round */
#define E1             24  /* a restarted master waits for the leases of earlier epochs */
#define E2_LEASES      25  /* a stop waits for the leases of this epoch */
#define E2_EARLIER     26  /* … and for those of earlier epochs */
#define E2_LAST        27  /* `closed` holds only as the last record */

#ifndef WITHOUT
#define WITHOUT NO_RULE
#endif
#ifndef AND_WITHOUT
#define AND_WITHOUT NO_RULE
#endif
#define KEPT(rule) (WITHOUT != rule && AND_WITHOUT != rule)

#define NOBODY 0
#define BIT(i) (1 << (i))
#define HAS(mask, i) ((mask) & BIT(i))
#define LESS(mask, i) ((mask) & (7 ^ BIT(i)))

/* ---- the state ---- */

/* A place in a proxy's cache, or an answer on its way to it. */
#define NOTHING   0
#define ENTRY     1
#define TOMBSTONE 2
#define UNGRANTED 3
typedef Slot { byte kind; byte value; byte round }

#define LOST  0  /* no lease, and no answer on its way that could give one */
#define ASKED 1  /* `register` was sent */
#define HELD  2
typedef Proxy {
  byte phase;
  bool old;              /* the lease is of an earlier epoch */
  byte lease;            /* ticks left, as the proxy counts */
  byte reply;            /* ticks that the newest answer of the master is still worth, were it to come now */
  Slot slot[2];          /* by key */
  Slot answer[2];        /* to fills, on their way */
  byte acks[WRITES + 1]; /* in the air, by round: a bit for each `had` that was said (which is a set of keys) */
}
Proxy proxy[2];

/* A round in the air, and the event of the commits that it cleared. */
typedef Round { byte keys; byte proxies; byte named[2]; byte value[2] }
Round round[WRITES + 1];
byte newest;

#define IDLE    0
#define QUEUED  1
#define STARTED 2  /* waits for proxies; then is being journaled */
#define DONE    3
typedef Write {
  byte stage;
  byte keys;
  byte placed;  /* the keys in whose queues it stands */
  byte behind;  /* the writes before it in these queues */
  byte round;   /* 0: none was needed */
  byte waits;   /* the proxies that owe an ack */
  byte left;    /* ticks until the round is one lease old */
  byte had[2];  /* by key: the proxies that acked with a tombstone */
}
Write write[WRITES];

byte state[2];    /* the master's values: what its readers see */
byte lease[2];    /* ticks left of each proxy's lease, as the master counts */
byte interest[2]; /* by key */
byte noChange;    /* ticks for which nothing may change after a restart */
bool wasClosed;   /* a `closed` was once written; only looked at without E2_LAST */

byte i, j, had;   /* of the steps; 0 between them */

/* ---- the promises ---- */

inline broken(promise) { printf("** %e is broken\n", promise); assert(false) }
mtype = { P3_fresh_reads, P4_nothing_lost, P7_bounded, key_0, key_1, both_keys };

/* The moment of use: the lease is looked at in the same turn (design, chapter 5). */
#define RUNS(p) (proxy[p].phase == HELD && (proxy[p].lease > 0 || !KEPT(LEASE_USE)))
#define STALE(p, k) (RUNS(p) && proxy[p].slot[k].kind == ENTRY && proxy[p].slot[k].value != state[k])

/* After each step. */
inline checked() {
  i = 0; j = 0; had = 0;
  if :: STALE(0, 0) || STALE(0, 1) || STALE(1, 0) || STALE(1, 1) -> broken(P3_fresh_reads) :: else fi
}

/* ---- what the steps ask ---- */

#define ACTIVE(w) (write[w].stage == QUEUED || write[w].stage == STARTED)
#define CLEARED(w) (write[w].stage == STARTED && write[w].waits == NOBODY)
#define CLOSES(w, k) (ACTIVE(w) && HAS(write[w].keys, k) && (KEPT(R1_ADMISSION) || write[w].round > 0))
#define OWES(w, p, n) (write[w].stage == STARTED && write[w].round == n && HAS(write[w].waits, p))
#define HOLDS(p, w) (lease[p] > 0 && \
  ((HAS(write[w].keys, 0) && HAS(interest[0], p)) || (HAS(write[w].keys, 1) && HAS(interest[1], p))))
#define HOLDERS(w) ((HOLDS(0, w) -> BIT(0) : 0) | (HOLDS(1, w) -> BIT(1) : 0))
#define RUNNING ((lease[0] > 0 -> BIT(0) : 0) | (lease[1] > 0 -> BIT(1) : 0))
#define IN_DOUBT(w) (CLEARED(w) -> BIT(w) : 0)

#if WRITES == 1
#define OPEN(k) (!KEPT(R1_CLOSED) || !CLOSES(0, k))
#define ALL_IN_DOUBT IN_DOUBT(0)
#elif WRITES == 2
#define OPEN(k) (!KEPT(R1_CLOSED) || !(CLOSES(0, k) || CLOSES(1, k)))
#define ALL_IN_DOUBT (IN_DOUBT(0) | IN_DOUBT(1))
#else
#define OPEN(k) (!KEPT(R1_CLOSED) || !(CLOSES(0, k) || CLOSES(1, k) || CLOSES(2, k)))
#define ALL_IN_DOUBT (IN_DOUBT(0) | IN_DOUBT(1) | IN_DOUBT(2))
#endif

inline forget(slot_) { slot_.kind = NOTHING; slot_.value = 0; slot_.round = 0 }

/* ---- leases ---- */

/* L1: the proxy counts for nothing any more. */
inline endLease(p) {
  lease[p] = 0; interest[0] = LESS(interest[0], p); interest[1] = LESS(interest[1], p);
  for (i : 0 .. WRITES - 1) { write[i].waits = LESS(write[i].waits, p) }
}

/* L2: the proxy stops answering. Rounds and events that name this proxyId are nothing to it from now on. */
inline lose(p) {
  proxy[p].phase = LOST; proxy[p].old = false; proxy[p].lease = 0; proxy[p].reply = 0;
  for (i : 0 .. 1) {
    if :: KEPT(L2_EMPTY) -> forget(proxy[p].slot[i]) :: else fi;
    if :: KEPT(L2_ANSWER) -> forget(proxy[p].answer[i]) :: else fi
  }
  for (i : 1 .. WRITES) {
    round[i].proxies = LESS(round[i].proxies, p);
    round[i].named[0] = LESS(round[i].named[0], p); round[i].named[1] = LESS(round[i].named[1], p)
  }
}

/* L2: gives the old lease up, by its id. A new proxyId; acks of the old one count for nothing (R5). */
inline register(p) {
  endLease(p); lease[p] = LEASE; proxy[p].phase = ASKED; proxy[p].reply = LEASE;
  for (i : 1 .. WRITES) { if :: KEPT(R5_ID) -> proxy[p].acks[i] = 0 :: else fi }
}

/* L3: a lease is prolonged to one lease after the opening of the oldest owed round at most. */
inline renew(p) {
  j = LEASE;
  for (i : 0 .. WRITES - 1) {
    if :: KEPT(L3) && HAS(write[i].waits, p) && write[i].left < j -> j = write[i].left :: else fi
  }
  if :: lease[p] < j -> lease[p] = j :: else fi;
  proxy[p].reply = lease[p]
}

/* The answer to `register` or `renew` comes. That it may come again changes nothing. */
inline receive(p) {
  j = proxy[p].reply;
  if :: !KEPT(LEASE_DRIFT) -> j++ :: else fi;
  proxy[p].phase = HELD;
  if :: proxy[p].lease < j -> proxy[p].lease = j :: else fi
}

/* ---- fills ---- */

/* R1: granted for an open key and a running lease. An ungranted answer is of use only to readers who wait for it. */
inline fill(p, k) {
  forget(proxy[p].answer[k]);
  if
  :: OPEN(k) && (lease[p] > 0 || !KEPT(L1)) ->
     interest[k] = interest[k] | BIT(p);
     proxy[p].answer[k].kind = ENTRY; proxy[p].answer[k].value = state[k]; proxy[p].answer[k].round = newest
  :: else ->
     if :: !KEPT(R2) -> proxy[p].answer[k].kind = UNGRANTED; proxy[p].answer[k].value = state[k] :: else fi
  fi
}

#define NOT_OLDER(p, k) (!KEPT(R5_OLDER) || proxy[p].slot[k].round <= proxy[p].answer[k].round)

/* The answer comes: kept if granted and not marked. (A marked one was forgotten when it was marked.) */
inline filled(p, k) {
  if :: !KEPT(R2) && proxy[p].answer[k].value != state[k] -> broken(P3_fresh_reads) :: else fi;
  if
  :: proxy[p].answer[k].kind == ENTRY && RUNS(p) && NOT_OLDER(p, k) ->
     proxy[p].slot[k].kind = ENTRY; proxy[p].slot[k].value = proxy[p].answer[k].value;
     proxy[p].slot[k].round = proxy[p].answer[k].round
  :: else
  fi;
  forget(proxy[p].answer[k])
}

/* ---- rounds, acks, events ---- */

/* R5 for one key. */
inline invalidate(p, k, n) {
  if :: KEPT(R5_MARK) -> forget(proxy[p].answer[k]) :: else fi;
  if
  :: (proxy[p].slot[k].kind != NOTHING || !KEPT(R5_NOTHING)) && (proxy[p].slot[k].round < n || !KEPT(R5_NUMBER)) ->
     proxy[p].slot[k].kind = TOMBSTONE; proxy[p].slot[k].value = 0; proxy[p].slot[k].round = n
  :: else
  fi;
  if :: proxy[p].slot[k].kind == TOMBSTONE && proxy[p].slot[k].round == n -> had = had | BIT(k) :: else fi
}

/* The proxy takes a round and acks it. An ack that is not owed counts for nothing. */
inline hear(p, n) {
  if :: HAS(round[n].keys, 0) -> invalidate(p, 0, n) :: else fi;
  if :: HAS(round[n].keys, 1) -> invalidate(p, 1, n) :: else fi;
  for (i : 0 .. WRITES - 1) { if :: OWES(i, p, n) || !KEPT(R5_ID) -> j = 1 :: else fi }
  if :: j == 1 -> proxy[p].acks[n] = proxy[p].acks[n] | BIT(had) :: else fi
}

/* The master takes an ack that says `h`. */
inline take(p, n, h) {
  for (i : 0 .. WRITES - 1) {
    if
    :: OWES(i, p, n) ->
       write[i].waits = LESS(write[i].waits, p);
       for (j : 0 .. 1) {
         if :: HAS(write[i].keys, j) && HAS(h, j) -> write[i].had[j] = write[i].had[j] | BIT(p) :: else fi
       }
    :: else
    fi
  }
  if :: KEPT(R5_ID) -> proxy[p].acks[n] = 0 :: else fi
}

/* R6: who installs what. */
#define NAMED(p, k, n) (HAS(round[n].named[k], p) || (!KEPT(R6_NAMED) && round[n].named[k] != NOBODY))
#define TOMBED(p, k, n) ((proxy[p].slot[k].kind == TOMBSTONE && proxy[p].slot[k].round == n) || !KEPT(R6_TOMBSTONE))

inline refresh(p, k, n) {
  proxy[p].slot[k].kind = ENTRY; proxy[p].slot[k].value = round[n].value[k]; proxy[p].slot[k].round = n
}

/* ---- writes ---- */

/* R3: places in all queues in one step. P7: no two wait for each other. */
inline enter(w, ks) {
  for (i : 0 .. WRITES - 1) {
    if :: ACTIVE(i) && i != w && (write[i].placed & (ks)) -> write[w].behind = write[w].behind | BIT(i) :: else fi;
    if :: HAS(write[w].behind, i) && HAS(write[i].behind, w) -> broken(P7_bounded) :: else fi
  }
  write[w].placed = write[w].placed | (ks)
}

inline admit(w, ks) {
  write[w].stage = QUEUED; write[w].keys = ks;
  if :: KEPT(R3_STEP) || ks != 3 -> enter(w, ks) :: else -> enter(w, BIT((w) % 2)) fi
}

/* Waits for those who may hold its keys, in round n if there are any. */
inline begin(w, n) {
  write[w].stage = STARTED; write[w].waits = HOLDERS(w);
  if
  :: write[w].waits != NOBODY ->
     newest = n; write[w].round = n; write[w].left = LEASE;
     round[n].keys = round[n].keys | write[w].keys; round[n].proxies = round[n].proxies | write[w].waits
  :: else
  fi
}

/* R6: the interest is now those who may be refreshed, and the event names them. */
inline change(w, k) {
  state[k]++;
  if
  :: write[w].round > 0 ->
     interest[k] = write[w].had[k] & RUNNING;
     round[write[w].round].named[k] = interest[k]; round[write[w].round].value[k] = state[k];
     if :: !KEPT(R6_INTEREST) -> interest[k] = NOBODY :: else fi
  :: else
  fi
}

/* Applied, answered or dropped: its keys are open for the next. */
inline over(w) {
  for (i : 0 .. WRITES - 1) { write[i].behind = LESS(write[i].behind, w) }
  write[w].stage = DONE; write[w].keys = 0; write[w].placed = 0; write[w].behind = 0; write[w].round = 0;
  write[w].waits = NOBODY; write[w].left = 0; write[w].had[0] = NOBODY; write[w].had[1] = NOBODY
}

inline commit(w) {
  if :: HAS(write[w].keys, 0) -> change(w, 0) :: else -> state[0] = state[0] + !KEPT(R3_NAMES) fi;
  if :: HAS(write[w].keys, 1) -> change(w, 1) :: else -> state[1] = state[1] + !KEPT(R3_NAMES) fi;
  over(w)
}

/* ---- time, crash and stop ---- */

inline tick() {
  for (j : 0 .. 1) {
    if
    :: lease[j] > 1 -> lease[j]--
    :: lease[j] == 1 && KEPT(L1) -> endLease(j)
    :: lease[j] == 1 && !KEPT(L1) ->
       lease[j] = 0; for (i : 0 .. WRITES - 1) { write[i].waits = LESS(write[i].waits, j) }
    :: else
    fi;
    if :: proxy[j].lease > 0 -> proxy[j].lease-- :: else fi;
    if :: proxy[j].reply > 0 && KEPT(LEASE_SENDING) -> proxy[j].reply-- :: else fi;
    /* Nothing can revive this lease: whoever looks at it will find it lost. */
    if :: proxy[j].lease == 0 && proxy[j].reply == 0 && KEPT(LEASE_USE) && KEPT(L1) -> lose(j) :: else fi
  }
  for (i : 0 .. WRITES - 1) {
    if :: write[i].left > 0 -> write[i].left-- :: else fi;
    if :: write[i].left == 0 && write[i].waits != NOBODY -> broken(P7_bounded) :: else fi
  }
  if :: noChange > 0 -> noChange-- :: else fi
}

/* A new epoch: proxyIds, rounds and acks of the old one are nothing to it (L5). */
inline restart(wait) {
  for (j : 0 .. 1) {
    endLease(j);
    /* A lease of an old epoch that comes only now finds the cache empty, and nothing fills it. */
    if :: proxy[j].phase == HELD -> proxy[j].old = true :: else -> lose(j) fi;
    for (i : 1 .. WRITES) { if :: KEPT(L5) || KEPT(R5_ID) -> proxy[j].acks[i] = 0 :: else fi }
  }
  for (i : 1 .. WRITES) {
    round[i].keys = 0; round[i].proxies = NOBODY;
    for (j : 0 .. 1) { round[i].named[j] = NOBODY; round[i].value[j] = 0 }
  }
  for (j : 0 .. WRITES - 1) { if :: ACTIVE(j) -> over(j) :: else fi }
  newest = 0; noChange = wait
}

/* Of the writes in doubt these survive. */
inline crash(survivors) {
  if :: !KEPT(R1_SYNC) && survivors != ALL_IN_DOUBT -> broken(P4_nothing_lost) :: else fi;
  for (i : 0 .. WRITES - 1) {
    for (j : 0 .. 1) { if :: HAS(survivors, i) && HAS(write[i].keys, j) -> state[j]++ :: else fi }
  }
  if :: KEPT(E1) && (KEPT(E2_LAST) || !wasClosed) -> restart(LEASE) :: else -> restart(0) fi
}

/* E2: SIGTERM, and the next start, which waits for nothing. */
#define MAY_CLOSE ((RUNNING == NOBODY || !KEPT(E2_LEASES)) && (noChange == 0 || !KEPT(E2_EARLIER)))
inline stop() {
  wasClosed = !KEPT(E2_LAST);
  restart(0)
}

/* ---- what may happen ---- */

#define ANY_MOMENT_OF_PROXY(p) \
  :: d_step { proxy[p].phase != HELD -> printf("- proxy %d registers\n", p); register(p); checked() } \
  :: d_step { proxy[p].phase == HELD && !proxy[p].old && (lease[p] > 0 || !KEPT(L1)) -> \
       printf("- proxy %d renews\n", p); renew(p); checked() } \
  :: d_step { proxy[p].reply > 0 && proxy[p].lease < LEASE -> \
       printf("- proxy %d learns of its lease\n", p); receive(p); checked() } \
  :: d_step { proxy[p].phase == HELD -> printf("- proxy %d loses its lease\n", p); lose(p); checked() }

#define ANY_MOMENT_OF_CACHE(p, k) \
  :: d_step { (k) < KEYS && RUNS(p) && !proxy[p].old && proxy[p].slot[k].kind != ENTRY -> \
       printf("- proxy %d asks for key %d, which is %d at the master\n", p, k, state[k]); fill(p, k); checked() } \
  :: d_step { proxy[p].answer[k].kind != NOTHING -> \
       printf("- proxy %d is told that key %d is %d\n", p, k, proxy[p].answer[k].value); filled(p, k); checked() } \
  :: d_step { proxy[p].slot[k].kind != NOTHING -> \
       printf("- proxy %d evicts key %d\n", p, k); forget(proxy[p].slot[k]); checked() }

#define ANY_MOMENT_OF_ROUND(p, n) \
  :: d_step { RUNS(p) && !proxy[p].old && HAS(round[n].proxies, p) -> \
       printf("- proxy %d hears of round %d and acks it\n", p, n); hear(p, n); checked() } \
  ACK(p, n, 0) ACK(p, n, 1) ACK(p, n, 2) ACK(p, n, 3) \
  EVENT(p, 0, n) EVENT(p, 1, n)
#define ACK(p, n, h) \
  :: d_step { HAS(proxy[p].acks[n], h) -> \
       printf("- the master takes proxy %d's ack of round %d\n", p, n); take(p, n, h); checked() }
#define EVENT(p, k, n) \
  :: d_step { RUNS(p) && !proxy[p].old && NAMED(p, k, n) && TOMBED(p, k, n) -> \
       printf("- proxy %d installs key %d = %d from the event of round %d\n", p, k, round[n].value[k], n); \
       refresh(p, k, n); checked() }

/* All writes are alike, so they come in the order of their numbers; so are the keys, so the first takes key 0. */
#define MAY_COME(w) (write[w].stage == IDLE && ((w) == 0 || write[(w) - ((w) > 0)].stage != IDLE))
#define FIRST(w) (write[w].stage == QUEUED && write[w].behind == 0 && write[w].placed == write[w].keys && noChange == 0)

#define ANY_MOMENT_OF_WRITE(w) \
  ADMIT(w, 1, key_0) ADMIT(w, 3, both_keys) \
  :: d_step { write[w].stage == QUEUED && write[w].placed != write[w].keys -> \
       printf("- write %d queues at its other key\n", w); enter(w, write[w].keys ^ write[w].placed); checked() } \
  :: d_step { FIRST(w) -> printf("- write %d starts\n", w); had = newest + 1; begin(w, had); checked() } \
  :: d_step { CLEARED(w) -> printf("- write %d is committed and answered\n", w); commit(w); checked() } \
  :: d_step { CLEARED(w) -> printf("- write %d fails at the commit\n", w); over(w); checked() }
#define ADMIT(w, ks, text) \
  :: d_step { (ks) < BIT(KEYS) && MAY_COME(w) -> printf("- write %d to %e is admitted\n", w, text); admit(w, ks); checked() }

/* R4: two that start in one turn share a round; both are first in their queues, so they have no key in common. */
#define SHARES(w, v) (FIRST(v) || (!KEPT(R4) && write[v].stage == QUEUED && write[v].behind == BIT(w)))
#define ANY_MOMENT_OF_TWO(w, v) \
  :: d_step { FIRST(w) && SHARES(w, v) && HOLDERS(w) != NOBODY && HOLDERS(v) != NOBODY -> \
       printf("- writes %d and %d start in one round\n", w, v); \
       had = newest + 1; begin(w, had); begin(v, had); checked() }

#define CRASH(survivors) \
  :: d_step { (ALL_IN_DOUBT & survivors) == survivors -> \
       printf("- the master crashes and restarts\n"); crash(survivors); checked() }

active proctype world() {
  do
  ANY_MOMENT_OF_PROXY(0)
#if PROXIES > 1
  ANY_MOMENT_OF_PROXY(1)
#endif
  ANY_MOMENT_OF_CACHE(0, 0) ANY_MOMENT_OF_CACHE(0, 1) ANY_MOMENT_OF_CACHE(1, 0) ANY_MOMENT_OF_CACHE(1, 1)
  ANY_MOMENT_OF_WRITE(0) ANY_MOMENT_OF_ROUND(0, 1) ANY_MOMENT_OF_ROUND(1, 1) CRASH(0) CRASH(1)
#if WRITES > 1
  ANY_MOMENT_OF_WRITE(1) ANY_MOMENT_OF_ROUND(0, 2) ANY_MOMENT_OF_ROUND(1, 2) CRASH(2) CRASH(3)
  ADMIT(1, 2, key_1)
  ANY_MOMENT_OF_TWO(0, 1)
#endif
#if WRITES > 2
  ANY_MOMENT_OF_WRITE(2) ANY_MOMENT_OF_ROUND(0, 3) ANY_MOMENT_OF_ROUND(1, 3) CRASH(4) CRASH(5) CRASH(6)
  ADMIT(2, 2, key_1)
  ANY_MOMENT_OF_TWO(0, 2) ANY_MOMENT_OF_TWO(1, 2)
#endif
  :: d_step { true -> printf("- a tick of the clock\n"); tick(); checked() }
  :: d_step { MAY_CLOSE -> printf("- the master stops and starts\n"); stop(); checked() }
  od
}

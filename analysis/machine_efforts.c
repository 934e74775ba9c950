/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Repetitions: get ready, go, stop, rest, and whose turn it is. */
#include "machine_private.h"

/* From "get ready" to the earliest "go": the two tones and a breath. */
static const double lead_s = 1.5;
/* After "stop" the force may take this long to fall until the effort is judged. */
static const double settle_s = 1.5;
static const double rest_warning_s = 5; /* "rest over in 5 s" */
static const double breath_s = 5;       /* after a false start */
/* A tick of the metronome is ordered so long before it is due: longer than a sound card's buffer,
   so that it comes on its sample. */
static const double tick_ahead_s = 0.06;
static const double ns_per_s = 1e9;

/* xorshift64*, Vigna 2016: enough for a fore-period that cannot be foreseen. */
static double uniform(struct stance_machine *machine)
{
  uint64_t x = machine->random != 0 ? machine->random : UINT64_C(0x9e3779b97f4a7c15);
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  machine->random = x;
  return (double)((x * UINT64_C(0x2545f4914f6cdd1d)) >> 11) * 0x1p-53;
}

static bool holds(const struct stance_protocol *protocol)
{
  return protocol->effort == STANCE_EFFORT_SUSTAINED || protocol->effort == STANCE_EFFORT_RAMP;
}

static bool has_tempo(const struct stance_protocol *protocol)
{
  return protocol->tempo_down + protocol->tempo_stay + protocol->tempo_up > 0;
}

void machine_begin_efforts(struct stance_machine *machine, struct stance_live *live)
{
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_PHASE);
  action->phase = (struct stance_phase){.kind = STANCE_PHASE_EFFORTS,
                                        .span = {.first = (size_t)machine->now_index}};
  stance_live_rebase(live);
  machine_next_repetition(machine, false);
}

static bool can_go_on(const struct stance_machine *machine, enum stance_side side)
{
  return stance_machine_remaining(machine, side) > 0 && !machine_is_locked(machine, side);
}

/* Legs in turn, left first; one that is done is passed over, one that is locked waits until the
   other one is done. SIDE_NONE: all are done. */
static enum stance_side whose_turn(const struct stance_machine *machine)
{
  if (machine->options.protocol->sides == STANCE_SIDES_BOTH)
    return stance_machine_remaining(machine, STANCE_LEFT) > 0 ? STANCE_BOTH : STANCE_SIDE_NONE;
  enum stance_side first = machine->side == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT;
  enum stance_side second = first == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT;
  if (can_go_on(machine, first))
    return first;
  if (can_go_on(machine, second))
    return second;
  if (stance_machine_remaining(machine, first) > 0)
    return first;
  return stance_machine_remaining(machine, second) > 0 ? second : STANCE_SIDE_NONE;
}

void machine_next_repetition(struct stance_machine *machine, bool at_once)
{
  enum stance_side before = machine->side;
  enum stance_side side = whose_turn(machine);
  if (side == STANCE_SIDE_NONE) {
    machine_get_off(machine);
    return;
  }
  machine->side = side;
  if (side != before && side != STANCE_BOTH)
    machine_cue(machine, side == STANCE_LEFT ? STANCE_CUE_LEFT : STANCE_CUE_RIGHT, 0);
  /* a locked side waits for its release, whatever the clock says, where anybody could release it */
  bool waits = machine_is_locked(machine, side);
  if (waits && machine->options.unattended) {
    machine_tell(machine, STANCE_MESSAGE_LOCKED, 0);
    machine_get_off(machine);
    return;
  }
  machine_enter(machine, STANCE_TEST_WAIT,
                at_once && !waits ? 0 : machine_patience_s(machine, waits ? (double)NAN : 0));
}

void machine_get_ready(struct stance_machine *machine, struct stance_live *live)
{
  const struct stance_machine_options *options = &machine->options;
  double fore_s =
      options->fore_low_s + (options->fore_high_s - options->fore_low_s) * uniform(machine);
  double until_go_s = options->unattended ? 0 : lead_s + fore_s;

  machine->seen_onset = machine->judged = false;
  machine->ticks = 0;
  stance_live_rebase(live);
  if (!options->unattended)
    machine_cue(machine, STANCE_CUE_READY, 0);
  machine_cue(machine, STANCE_CUE_GO, machine->now_ns + (int64_t)(until_go_s * ns_per_s));
  machine_enter(machine, STANCE_TEST_READY, until_go_s);
}

static void report(struct stance_machine *machine, bool counted)
{
  machine->last.counted = counted;
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_REPETITION);
  action->repetition = machine->last;
}

static double highest(const struct stance_test_repetition *repetition)
{
  return fmax(fmax(repetition->peak_n[STANCE_LEFT], repetition->peak_n[STANCE_RIGHT]),
              repetition->peak_n[STANCE_TOTAL]);
}

/* One effort, one judgement: counted where the live path saw it, else to be repeated. */
static void judge(struct stance_machine *machine, const struct stance_live_event *end)
{
  machine->judged = true;
  if (has_tempo(machine->options.protocol)) /* not into the verdict */
    machine_act(machine, STANCE_ACTION_SILENCE);
  machine->attempts++;
  machine->last =
      (struct stance_test_repetition){.number = machine->attempts, .side = machine->side};
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    machine->last.peak_n[side] = end != NULL ? end->peak_n[side] : (double)NAN;
  report(machine, end != NULL);
  if (end == NULL) {
    machine_tell(machine, STANCE_MESSAGE_MISSED, 0);
    machine_cue(machine, STANCE_CUE_REPEAT, 0);
    /* where nobody repeats it, its turn is over all the same */
    machine->counted[machine->side == STANCE_RIGHT] += machine->options.unattended ? 1 : 0;
    return;
  }
  machine->counted[machine->side == STANCE_RIGHT]++;
  machine_tell(machine, STANCE_MESSAGE_COUNTED, highest(&machine->last));
  machine_cue(machine, STANCE_CUE_COUNTED, 0);
}

bool machine_is_effort_open(const struct stance_machine *machine)
{
  return !machine->judged &&
         (machine->state == STANCE_TEST_EFFORT || machine->state == STANCE_TEST_REST);
}

static void add_broken_off(struct stance_machine *machine, bool false_start)
{
  machine->judged = true;
  machine->attempts++;
  machine->last = (struct stance_test_repetition){
      .number = machine->attempts,
      .side = machine->side,
      .broken_off = true,
      .false_start = false_start,
      .peak_n = {(double)NAN, (double)NAN, (double)NAN},
  };
  report(machine, false);
}

void machine_break_off(struct stance_machine *machine)
{
  machine_act(machine, STANCE_ACTION_SILENCE);
  if (machine->state == STANCE_TEST_EFFORT && !machine->judged)
    add_broken_off(machine, false);
}

void machine_stop_for_pain(struct stance_machine *machine)
{
  machine_act(machine, STANCE_ACTION_SILENCE);
  if (machine_is_effort_open(machine))
    add_broken_off(machine, false);
  machine_cue(machine, STANCE_CUE_STOP, 0);
}

static bool is_mine(const struct stance_machine *machine, const struct stance_live_event *event)
{
  return event->side == machine->side || event->side == STANCE_BOTH;
}

static void rest(struct stance_machine *machine)
{
  machine->rest_warned = false;
  machine_enter(machine, STANCE_TEST_REST, machine->options.protocol->rest_s);
}

/* An attempt as any other that counts not: it may have been made with full force. */
static void begin_anew(struct stance_machine *machine)
{
  machine_act(machine, STANCE_ACTION_SILENCE); /* and no "go" */
  add_broken_off(machine, true);
  machine_tell(machine, STANCE_MESSAGE_FALSE_START, 0);
  machine_cue(machine, STANCE_CUE_REPEAT, 0);
  machine_enter(machine, STANCE_TEST_WAIT, breath_s);
}

static void see_onset(struct stance_machine *machine, const struct stance_live_event *event)
{
  machine->seen_onset = true;
  if (machine->state != STANCE_TEST_EFFORT)
    return;
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_ONSET);
  action->side = event->side;
  action->number = (double)event->onset;
}

static void take_events(struct stance_machine *machine, struct stance_live *live)
{
  struct stance_live_event event;
  while (stance_live_take_event(live, &event)) {
    bool early = machine->state == STANCE_TEST_READY && !machine->options.unattended;
    if (!is_mine(machine, &event))
      continue;
    if (event.kind == STANCE_LIVE_ONSET && early) {
      begin_anew(machine);
      return;
    }
    if (event.kind == STANCE_LIVE_ONSET)
      see_onset(machine, &event);
    if (event.kind != STANCE_LIVE_END || !machine_is_effort_open(machine))
      continue;
    judge(machine, &event);
    /* a Nordic is over when it breaks; a hold lasts until its signal */
    if (machine->state == STANCE_TEST_EFFORT &&
        machine->options.protocol->effort == STANCE_EFFORT_ECCENTRIC &&
        !machine->options.unattended)
      rest(machine);
  }
}

/* The first tick comes one tick after "go", over which it would be lost. */
static void beat(struct stance_machine *machine)
{
  const struct stance_protocol *protocol = machine->options.protocol;
  const unsigned down = protocol->tempo_down, still = down + protocol->tempo_stay;
  const int64_t due_ns =
      machine->since_ns + llround((machine->ticks + 1) * protocol->tempo_tick_s * ns_per_s);
  if (machine->judged || due_ns >= machine->until_ns ||
      machine->now_ns + (int64_t)(tick_ahead_s * ns_per_s) < due_ns)
    return;
  const unsigned count = machine->ticks++ % (still + protocol->tempo_up);
  machine_cue(machine,
              count < down    ? STANCE_CUE_DOWN
              : count < still ? STANCE_CUE_STAY
                              : STANCE_CUE_UP,
              due_ns);
}

static void tick(struct stance_machine *machine)
{
  const struct stance_protocol *protocol = machine->options.protocol;
  double elapsed_s = (double)(machine->now_ns - machine->since_ns) / ns_per_s;
  if (has_tempo(protocol)) {
    beat(machine);
    return;
  }
  if (!holds(protocol) || elapsed_s < machine->ticks + 1 ||
      machine->ticks + 1 >= protocol->effort_s)
    return;
  machine->ticks++;
  machine_cue(machine,
              protocol->effort_s - machine->ticks <= 3 ? STANCE_CUE_HOLD_LAST : STANCE_CUE_HOLD, 0);
}

static void watch_rest(struct stance_machine *machine)
{
  double left_s = stance_machine_remaining_s(machine);
  double elapsed_s = (double)(machine->now_ns - machine->since_ns) / ns_per_s;
  if (!machine->judged && (elapsed_s >= settle_s || left_s <= 0))
    judge(machine, NULL);
  if (whose_turn(machine) == STANCE_SIDE_NONE && machine->judged && !machine->options.unattended) {
    machine_get_off(machine);
    return;
  }
  if (!machine->rest_warned && left_s <= rest_warning_s &&
      machine->options.protocol->rest_s > rest_warning_s) {
    machine->rest_warned = true;
    machine_cue(machine, STANCE_CUE_REST_ENDS, 0);
  }
  if (left_s <= 0)
    machine_next_repetition(machine, true);
}

void machine_watch_effort(struct stance_machine *machine, struct stance_live *live)
{
  take_events(machine, live);
  bool over = machine->until_ns != 0 && machine->now_ns >= machine->until_ns;
  if (machine->state == STANCE_TEST_WAIT && over) {
    machine_get_ready(machine, live);
  } else if (machine->state == STANCE_TEST_READY && over) {
    machine_enter(machine, STANCE_TEST_EFFORT, machine->options.protocol->effort_s);
  } else if (machine->state == STANCE_TEST_EFFORT) {
    tick(machine);
    if (over) {
      machine_cue(machine, STANCE_CUE_STOP, 0);
      rest(machine);
    }
  } else if (machine->state == STANCE_TEST_REST) {
    watch_rest(machine);
  }
}

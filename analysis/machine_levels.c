/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zero, proof of the sides, and the relaxed limb. */
#include "machine_private.h"

/* A side is proved when the other one stays below this share of it: the straps of one rig pull a
   little on each other. */
static const double other_side_share = 0.3;
/* A pull is over when less than this share of what proves a side is left of it. */
static const double let_go_share = 0.5;
/* Ten seconds for each side, then the results say that it was not proved. */
static const double prove_s = 10;
/* A zero this far below the one before the test cannot be drift: something lay on the instrument
   when it was zeroed. The lightest limb weighs more. */
static const double under_load_n = 15;

/* Worst spread over the measured sides since the state began. */
struct spread {
  double sd_n, range_n, mean_n;
  uint64_t lost;
};

static struct spread spread_since(const struct stance_machine *machine,
                                  const struct stance_live *live, double seconds,
                                  double ret_mean_n[STANCE_MEASURED_SIDE_COUNT])
{
  struct spread worst = {0};
  (void)machine;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++) {
    struct stance_live_still still;
    ret_mean_n[side] = (double)NAN;
    if (isnan(live->force_n[side]))
      continue;
    stance_live_still(live, (enum stance_side)side, seconds, &still);
    ret_mean_n[side] = still.mean_n;
    worst.sd_n = fmax(worst.sd_n, still.sd_n);
    worst.range_n = fmax(worst.range_n, still.range_n);
    worst.mean_n = fabs(still.mean_n) > fabs(worst.mean_n) ? still.mean_n : worst.mean_n;
    worst.lost += still.lost;
  }
  return worst;
}

void machine_begin_zero(struct stance_machine *machine, enum stance_test_state state)
{
  machine->phase_first = machine->now_index;
  machine_enter(machine, state, machine->options.protocol->unloaded_s);
}

void machine_begin_weighing(struct stance_machine *machine)
{
  machine->phase_first = machine->now_index;
  machine_enter(machine, STANCE_TEST_WEIGHING, machine->options.protocol->limb_s);
}

static void keep_phase(struct stance_machine *machine, enum stance_phase_kind kind)
{
  struct stance_test_action *action = machine_act(machine, STANCE_ACTION_PHASE);
  action->phase =
      (struct stance_phase){.kind = kind,
                            .span = {.first = (size_t)machine->phase_first,
                                     .count = (size_t)(machine->now_index - machine->phase_first)}};
}

/* True where what was measured must be measured again; said and heard. Where nobody is there to do
   better, it is taken as it is: the analysis judges it too, and flags it. */
static bool again(struct stance_machine *machine, const struct spread *spread, double value,
                  double limit)
{
  if (machine->options.unattended || (value <= limit && spread->lost == 0))
    return false;
  machine_cue(machine, STANCE_CUE_REPEAT, 0);
  if (spread->lost > 0)
    machine_tell(machine, STANCE_MESSAGE_FRAMES_LOST, (double)spread->lost);
  else
    machine_tell(machine, STANCE_MESSAGE_NOT_STILL, spread->range_n);
  return true;
}

static void compare_zero(struct stance_machine *machine,
                         const double mean_n[STANCE_MEASURED_SIDE_COUNT])
{
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT && machine->measured_zero; side++) {
    double shift_n = mean_n[side] - machine->zero_n[side];
    bool sum_of_sides = side == STANCE_TOTAL && !isnan(mean_n[STANCE_LEFT]);
    if (isnan(shift_n) || sum_of_sides)
      continue;
    machine->side = (enum stance_side)side;
    if (shift_n < -under_load_n)
      machine_tell(machine, STANCE_MESSAGE_ZEROED_UNDER_LOAD, mean_n[side]);
    else
      machine_tell(machine, STANCE_MESSAGE_ZERO_SHIFTED, shift_n);
  }
  machine->side = STANCE_BOTH; /* what follows is said of the whole test */
}

void machine_measure_zero(struct stance_machine *machine, const struct stance_live *live)
{
  double mean_n[STANCE_MEASURED_SIDE_COUNT];
  struct spread spread = spread_since(machine, live, machine->options.protocol->unloaded_s, mean_n);
  bool before = machine->state == STANCE_TEST_ZEROING;

  if (again(machine, &spread, spread.sd_n, machine->options.still_n)) {
    machine_begin_zero(machine, machine->state);
    return;
  }
  if (before && !machine->options.unattended && fabs(spread.mean_n) > machine->options.zero_n) {
    machine_tell(machine, STANCE_MESSAGE_ZERO_FAR, spread.mean_n);
    machine_enter(machine, STANCE_TEST_ZERO, (double)NAN);
    return;
  }
  keep_phase(machine, STANCE_PHASE_UNLOADED);
  if (!before) {
    compare_zero(machine, mean_n);
    machine_end(machine, STANCE_TEST_FINISHED);
    return;
  }
  machine->measured_zero = true;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    machine->zero_n[side] = mean_n[side];
  machine_enter(machine, STANCE_TEST_GET_ON,
                machine_patience_s(machine, machine->options.protocol->get_on_s));
}

void machine_measure_limb(struct stance_machine *machine, struct stance_live *live)
{
  double mean_n[STANCE_MEASURED_SIDE_COUNT];
  struct spread spread = spread_since(machine, live, machine->options.protocol->limb_s, mean_n);

  if (again(machine, &spread, spread.range_n, machine->options.weigh_range_n)) {
    machine_begin_weighing(machine);
    return;
  }
  keep_phase(machine, STANCE_PHASE_LIMB);
  machine->measured_limb = true;
  for (int side = 0; side < STANCE_MEASURED_SIDE_COUNT; side++)
    machine->limb_n[side] = mean_n[side];
  machine_begin_efforts(machine, live);
}

void machine_begin_proof(struct stance_machine *machine, enum stance_side side,
                         const struct stance_live *live)
{
  machine->side = side;
  machine->proof_refused = false;
  machine->let_go_n = (double)NAN;
  for (int k = 0; k < STANCE_MEASURED_SIDE_COUNT; k++)
    machine->base_n[k] = live->force_n[k];
  machine_cue(machine, side == STANCE_LEFT ? STANCE_CUE_LEFT : STANCE_CUE_RIGHT, 0);
  machine_enter(machine, side == STANCE_LEFT ? STANCE_TEST_PROVE_LEFT : STANCE_TEST_PROVE_RIGHT,
                prove_s);
}

static void after_proof(struct stance_machine *machine, struct stance_live *live)
{
  const double let_go_n = machine->base_n[STANCE_LEFT] + let_go_share * machine->options.prove_n;
  if (machine->state != STANCE_TEST_PROVE_LEFT) {
    machine_after_position(machine, live);
    return;
  }
  machine_begin_proof(machine, STANCE_RIGHT, live);
  machine->let_go_n = let_go_n;
}

/* One pull, one answer: told once, and asked for anew when it is over. */
static void refuse_proof(struct stance_machine *machine, enum stance_test_message message,
                         double number)
{
  machine_tell(machine, message, number);
  machine_cue(machine, STANCE_CUE_REPEAT, 0);
  machine->proof_refused = true;
}

void machine_watch_proof(struct stance_machine *machine, struct stance_live *live)
{
  enum stance_side side = machine->side;
  enum stance_side other = side == STANCE_LEFT ? STANCE_RIGHT : STANCE_LEFT;
  /* A side is proved before its pull is over: neither what is still to come of it nor its end is an
     answer. */
  if (live->force_n[other] < machine->let_go_n)
    machine->let_go_n = (double)NAN;
  machine->base_n[other] = isnan(machine->let_go_n)
                               ? fmin(machine->base_n[other], live->force_n[other])
                               : live->force_n[other];
  double rise_n = live->force_n[side] - machine->base_n[side];
  double other_n = live->force_n[other] - machine->base_n[other];
  double limit_n = machine->options.prove_n;

  if (machine->proof_refused) {
    if (fabs(rise_n) < let_go_share * limit_n && fabs(other_n) < let_go_share * limit_n)
      machine_begin_proof(machine, side, live);
  } else if (rise_n >= limit_n && fabs(other_n) < other_side_share * rise_n) {
    machine_tell(machine, STANCE_MESSAGE_SIDE_PROVED, rise_n);
    machine_cue(machine, STANCE_CUE_COUNTED, 0);
    after_proof(machine, live);
    return;
  } else if (rise_n <= -limit_n) {
    refuse_proof(machine, STANCE_MESSAGE_SIDE_NEGATIVE, -rise_n);
  } else if (other_n >= limit_n && fabs(rise_n) < other_side_share * other_n) {
    refuse_proof(machine, STANCE_MESSAGE_SIDE_WRONG, other_n);
  }
  if (machine->now_ns >= machine->until_ns) {
    machine_tell(machine, STANCE_MESSAGE_SIDES_UNPROVED, 0);
    machine_after_position(machine, live);
  }
}

void machine_after_position(struct stance_machine *machine, struct stance_live *live)
{
  machine->side = STANCE_SIDE_NONE;
  if (machine->options.protocol->limb_s > 0)
    machine_enter(machine, STANCE_TEST_WEIGH, machine_patience_s(machine, 0));
  else
    machine_begin_efforts(machine, live);
}

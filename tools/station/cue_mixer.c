/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cue_mixer.h"

#include "stance/ring.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { WAITING_MAX = 16, EVENT_MAX = 64, SILENCE = STANCE_CUE_COUNT };
static const double ns_per_s = 1e9;
/* Pitch and level of the feedback tone follow their targets with this time constant: steps of force
   become glides without clicks, and 63 % of a step is heard after 15 ms. */
static const double glide_s = 0.015;

struct order {
  int cue; /* or SILENCE */
  int64_t at_ns;
};

/* One cue that sounds; two of them, so that one can fade out under the next. */
struct voice {
  int cue;
  bool sounding;
  uint64_t position; /* samples since its onset */
  double fade;       /* 1, or what is left of it */
  bool fading;
};

struct stance_cue_mixer {
  struct stance_ring *orders, *events;
  /* The feedback tone's target; three values that belong together change rarely and harmlessly one
     after the other: the tone glides anyway. */
  _Atomic double force_n, band_low_n, band_high_n;

  /* Of the callback alone. */
  double rate_hz;
  struct order waiting[WAITING_MAX];
  size_t waiting_count;
  struct voice voice[2];
  double tone_turns, tone_hz, tone_gain;
  double tremolo_turns, tremolo_depth, tremolo_hz;
};

enum stance_status stance_cue_mixer_create(double rate_hz, struct stance_cue_mixer **ret_mixer)
{
  struct stance_cue_mixer *mixer = calloc(1, sizeof *mixer);
  if (mixer == NULL)
    return STANCE_MEMORY;
  enum stance_status status = stance_ring_create(sizeof(struct order), WAITING_MAX, &mixer->orders);
  if (status == STANCE_OK)
    status = stance_ring_create(sizeof(struct stance_cue_event), EVENT_MAX, &mixer->events);
  if (status != STANCE_OK) {
    stance_cue_mixer_destroy(mixer);
    return status;
  }
  stance_cue_mixer_restart(mixer, rate_hz);
  *ret_mixer = mixer;
  return STANCE_OK;
}

void stance_cue_mixer_destroy(struct stance_cue_mixer *mixer)
{
  if (mixer == NULL)
    return;
  stance_ring_destroy(mixer->orders);
  stance_ring_destroy(mixer->events);
  free(mixer);
}

void stance_cue_mixer_restart(struct stance_cue_mixer *mixer, double rate_hz)
{
  struct order dropped;
  while (stance_ring_read(mixer->orders, &dropped, 1) == 1)
    continue;
  mixer->rate_hz = rate_hz;
  mixer->waiting_count = 0;
  mixer->voice[0] = mixer->voice[1] = (struct voice){.cue = SILENCE};
  mixer->tone_turns = mixer->tone_gain = 0;
  mixer->tremolo_turns = mixer->tremolo_depth = 0;
  mixer->tone_hz = 800;
  mixer->tremolo_hz = 3;
}

bool stance_cue_mixer_play(struct stance_cue_mixer *mixer, enum stance_cue cue, int64_t at_ns)
{
  const struct order order = {.cue = (int)cue, .at_ns = at_ns};
  return stance_ring_write(mixer->orders, &order, 1) == 1;
}

bool stance_cue_mixer_silence(struct stance_cue_mixer *mixer)
{
  const struct order order = {.cue = SILENCE};
  return stance_ring_write(mixer->orders, &order, 1) == 1;
}

void stance_cue_mixer_feedback(struct stance_cue_mixer *mixer, double force_n, double band_low_n,
                               double band_high_n)
{
  atomic_store_explicit(&mixer->band_low_n, band_low_n, memory_order_relaxed);
  atomic_store_explicit(&mixer->band_high_n, band_high_n, memory_order_relaxed);
  atomic_store_explicit(&mixer->force_n, force_n, memory_order_relaxed);
}

bool stance_cue_mixer_take_event(struct stance_cue_mixer *mixer, struct stance_cue_event *ret_event)
{
  return stance_ring_read(mixer->events, ret_event, 1) == 1;
}

static void fade_out(struct stance_cue_mixer *mixer)
{
  mixer->voice[0].fading = true;
  mixer->voice[1].fading = true;
}

static void take_orders(struct stance_cue_mixer *mixer)
{
  struct order order;
  while (mixer->waiting_count < WAITING_MAX && stance_ring_read(mixer->orders, &order, 1) == 1) {
    if (order.cue == SILENCE) {
      mixer->waiting_count = 0;
      fade_out(mixer);
    } else {
      mixer->waiting[mixer->waiting_count++] = order;
    }
  }
}

/* The last cue fades while this one rises: their raised cosines add up to one. */
static void begin(struct stance_cue_mixer *mixer, const struct order *order, int64_t leaves_ns)
{
  const struct stance_cue_event event = {
      .cue = (enum stance_cue)order->cue, .leaves_ns = leaves_ns, .requested_ns = order->at_ns};
  fade_out(mixer);
  struct voice *voice = &mixer->voice[mixer->voice[0].sounding ? 1 : 0];
  *voice = (struct voice){.cue = order->cue, .sounding = true, .fade = 1};
  stance_ring_write(mixer->events, &event, 1); /* nobody listens: nothing is lost but the report */
}

/* While one cue still fades under another, a third waits for those few milliseconds. */
static bool has_free_voice(const struct stance_cue_mixer *mixer)
{
  return !mixer->voice[0].sounding || !mixer->voice[1].sounding;
}

/* Begins what is due at this sample: first come, first served. */
static void begin_due(struct stance_cue_mixer *mixer, int64_t sample_ns)
{
  /* Half a sample early is nearer than half a sample late. */
  int64_t horizon_ns = sample_ns + (int64_t)(0.5 * ns_per_s / mixer->rate_hz);
  for (size_t k = 0; k < mixer->waiting_count && has_free_voice(mixer); k++) {
    if (mixer->waiting[k].at_ns > horizon_ns)
      continue;
    begin(mixer, &mixer->waiting[k], sample_ns);
    mixer->waiting_count--;
    for (size_t j = k; j < mixer->waiting_count; j++)
      mixer->waiting[j] = mixer->waiting[j + 1];
    return; /* the next one may begin a sample later */
  }
}

static void add_voice(struct stance_cue_mixer *mixer, struct voice *voice, double *left,
                      double *right)
{
  double mine_left = 0, mine_right = 0;
  double position_s = (double)voice->position++ / mixer->rate_hz;
  stance_cue_add((enum stance_cue)voice->cue, position_s, &mine_left, &mine_right);
  if (voice->fading)
    voice->fade -= 1 / (STANCE_CUE_EDGE_S * mixer->rate_hz);
  /* the same raised cosine as at the ends of a note */
  double gain = voice->fade >= 1 ? 1 : 0.5 - 0.5 * cos(M_PI * fmax(voice->fade, 0));
  *left += gain * mine_left;
  *right += gain * mine_right;
  voice->sounding =
      voice->fade > 0 && position_s < stance_cue_duration_s((enum stance_cue)voice->cue);
}

/* What the tone is to become; read once a callback. */
struct tone {
  double hz, tremolo_hz;
  bool on;
};

static struct tone aim(struct stance_cue_mixer *mixer)
{
  double low = atomic_load_explicit(&mixer->band_low_n, memory_order_relaxed);
  double high = atomic_load_explicit(&mixer->band_high_n, memory_order_relaxed);
  double force = atomic_load_explicit(&mixer->force_n, memory_order_relaxed);
  if (!(high > low) || !isfinite(force))
    return (struct tone){.hz = mixer->tone_hz};
  return (struct tone){.hz = stance_feedback_hz(force, low, high),
                       .tremolo_hz = stance_feedback_tremolo_hz(force, low, high),
                       .on = true};
}

static double next_tone_sample(struct stance_cue_mixer *mixer, const struct tone *target)
{
  double share = 1 / (glide_s * mixer->rate_hz);
  mixer->tone_hz += share * (target->hz - mixer->tone_hz);
  mixer->tone_gain += share * ((target->on ? 1 : 0) - mixer->tone_gain);
  mixer->tremolo_depth += share * ((target->tremolo_hz > 0 ? 1 : 0) - mixer->tremolo_depth);
  if (target->tremolo_hz > 0)
    mixer->tremolo_hz = target->tremolo_hz;
  if (!target->on && mixer->tone_gain < 1e-5) /* −100 dB */
    return 0;
  mixer->tone_turns = fmod(mixer->tone_turns + mixer->tone_hz / mixer->rate_hz, 1);
  mixer->tremolo_turns = fmod(mixer->tremolo_turns + mixer->tremolo_hz / mixer->rate_hz, 1);
  double tremolo = 1 - mixer->tremolo_depth * (0.5 - 0.5 * cos(2 * M_PI * mixer->tremolo_turns));
  return STANCE_FEEDBACK_LEVEL * mixer->tone_gain * tremolo * sin(2 * M_PI * mixer->tone_turns);
}

void stance_cue_mixer_render(struct stance_cue_mixer *mixer, float *ret_frames, size_t frame_count,
                             int64_t dac_ns)
{
  const struct tone target = aim(mixer);
  take_orders(mixer);
  for (size_t k = 0; k < frame_count; k++) {
    if (mixer->waiting_count > 0)
      begin_due(mixer, dac_ns + (int64_t)((double)k * (ns_per_s / mixer->rate_hz)));
    double left = next_tone_sample(mixer, &target);
    double right = left;
    for (int v = 0; v < 2; v++)
      if (mixer->voice[v].sounding)
        add_voice(mixer, &mixer->voice[v], &left, &right);
    ret_frames[2 * k] = (float)left;
    ret_frames[2 * k + 1] = (float)right;
  }
}
